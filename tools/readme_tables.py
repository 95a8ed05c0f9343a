"""Writes the tables of inputs and outputs into the READMEs, from the HCL that they describe.

    python -m tools.readme_tables            writes them
    python -m tools.readme_tables --check    fails where a page isn't up to date, and names it

A page says where a table goes with a pair of comments, `<!-- BEGIN INPUTS -->` and `<!-- END INPUTS -->`, or `OUTPUTS`.
The table is of the page's own folder; a page elsewhere names one, as in `<!-- BEGIN INPUTS modules/api -->`. There
are also `LIFECYCLE`, the folder's `lifecycle.json`, `COST`, the tables of `tools/costs.py`, and `FAMILIES`, those of
`tools/families.py`.
"""

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hcl2

from tools import costs, families

ROOT = Path(__file__).resolve().parent.parent

MARKED = re.compile(
    r"(?P<begin><!-- BEGIN (?P<kind>INPUTS|OUTPUTS|LIFECYCLE|COST|FAMILIES)(?: (?P<folder>[\w./-]+))? -->)\n"
    r"(?P<table>.*?)(?P<end><!-- END (?P=kind) -->)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Input:
    """One variable: its type as Terraform would print it in short, and its default, None where it has to be given."""

    name: str
    description: str
    type: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Output:
    """One output."""

    name: str
    description: str


def read_inputs(folder: Path) -> list[Input]:
    """The variables of a folder's configuration, required ones first, then by name.

    What is `any` there has its type where the folder hands it on: in the module `inputs` beside or below it, or in the
    module that it is an input of.
    """
    inputs = [
        Input(name, text(body["description"]), short_type(typed(folder, name, expression(body["type"]))), default(body))
        for name, body in blocks(folder, "variable")
    ]
    return sorted(inputs, key=lambda each: (each.default is not None, each.name))


def typed(folder: Path, name: str, written: str) -> str:
    """The type of a variable, followed through the modules that it is handed to where it is `any`."""
    if written != "any":
        return written
    for module, body in blocks(folder, "module", described=False):
        if module != "names" and name in body:
            inner = folder / text(body["source"])
            for variable, declared in blocks(inner, "variable"):
                if variable == name:
                    return typed(inner, name, expression(declared["type"]))
    return written


def read_outputs(folder: Path) -> list[Output]:
    """The outputs of a folder's configuration, by name."""
    return sorted(
        (Output(name, text(body["description"])) for name, body in blocks(folder, "output")),
        key=lambda each: each.name,
    )


def blocks(folder: Path, kind: str, described: bool = True) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and body of each block of a kind, such as `variable`.

    Parameters:
        described: whether each of them must have a description.

    Raises:
        ValueError: a block has no description, without which a table says nothing.
    """
    for path in sorted(folder.glob("*.tf")):
        with path.open(encoding="utf-8") as file:
            parsed = hcl2.load(file)
        for block in parsed.get(kind, []):
            for quoted, body in block.items():
                name = quoted.strip('"')
                if described and "description" not in body:
                    raise ValueError(f"{path}: {kind} {name} has no description. Add one.")
                yield name, body


def text(value: str) -> str:
    """A string of HCL as a reader sees it: without quotes, heredoc marks, indentation and escapes."""
    value = value.removeprefix('"').removesuffix('"')
    heredoc = re.fullmatch(r"<<-?(\w+)\n(.*?)\n?[ \t]*\1", value, re.DOTALL)
    if heredoc:
        return textwrap.dedent(heredoc[2]).strip()
    return value.replace('\\"', '"').replace("$${", "${").strip()


def expression(value: str) -> str:
    """A type or value as it is written, without the parser's `${…}` around it."""
    return value[2:-1] if value.startswith("${") and value.endswith("}") else value


def short_type(written: str) -> str:
    """A type without the fields of its objects, which the description lists: `map(object)`."""
    collection = re.fullmatch(r"(map|list|set)\((.*)\)", written, re.DOTALL)
    if collection:
        return f"{collection[1]}({short_type(collection[2])})"
    return written.partition("(")[0]


def default(body: dict[str, Any]) -> str | None:
    """A default as it is written in HCL, None where there is none."""
    if "default" not in body:
        return None
    value = body["default"]
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{}" if not {key for key in value if not key.startswith("__")} else "{…}"
    if isinstance(value, list):
        return f"[{', '.join(str(item) for item in value)}]"
    return expression(str(value))


def cell(description: str) -> str:
    """A description in one cell of a table: its paragraphs and list items apart, its lines joined."""
    lines: list[str] = []
    for line in description.splitlines():
        item = re.match(r"( *)- (.*)", line)
        if item:
            lines.append("&nbsp;" * 2 * len(item[1]) + "• " + item[2])
        elif not line.strip():
            lines.append("")
        elif lines and lines[-1]:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    return "<br>".join(line for line in lines if line).replace("|", "\\|")


def inputs_table(inputs: Sequence[Input]) -> str:
    """The table of inputs, in Markdown."""
    if not inputs:
        return "None.\n"
    rows = [
        f"| `{each.name}` | {cell(each.description)} | `{each.type}` | "
        f"{'required' if each.default is None else f'`{each.default}`'} |"
        for each in inputs
    ]
    return "\n".join(["| Input | What it is | Type | Default |", "|---|---|---|---|", *rows]) + "\n"


def outputs_table(outputs: Sequence[Output]) -> str:
    """The table of outputs, in Markdown."""
    if not outputs:
        return "None.\n"
    rows = [f"| `{each.name}` | {cell(each.description)} |" for each in outputs]
    return "\n".join(["| Output | What it is |", "|---|---|", *rows]) + "\n"


def lifecycle_table(folder: Path) -> str:
    """The table of models near or past their end, in Markdown, with its own date."""
    table = json.loads((folder / "lifecycle.json").read_text(encoding="utf-8"))
    rows = [f"| `{model}` | {end} |" for model, end in table["ends"].items()]
    return "\n".join([f"As of {table['as_of']}:", "", "| Model | End of life |", "|---|---|", *rows]) + "\n"


def render(page: Path, root: Path = ROOT) -> str:
    """The page with its tables as they should be.

    Raises:
        ValueError: a marker names a folder without HCL.
    """

    def table(marked: re.Match[str]) -> str:
        folder = root / marked["folder"] if marked["folder"] else page.parent
        if marked["kind"] == "COST":
            return f"{marked['begin']}\n{costs.tables()}{marked['end']}"
        if marked["kind"] == "FAMILIES":
            return f"{marked['begin']}\n{families.tables()}{marked['end']}"
        if not list(folder.glob("*.tf")):
            raise ValueError(f"{page}: {folder} holds no HCL. Name a folder of the repository in the marker.")
        if marked["kind"] == "LIFECYCLE":
            rendered = lifecycle_table(folder)
        elif marked["kind"] == "INPUTS":
            rendered = inputs_table(read_inputs(folder))
        else:
            rendered = outputs_table(read_outputs(folder))
        return f"{marked['begin']}\n{rendered}{marked['end']}"

    return MARKED.sub(table, page.read_text(encoding="utf-8"))


def pages(root: Path = ROOT) -> list[Path]:
    """Every page that may hold a table: the README, those of modules and examples, and the documentation."""
    return sorted(
        [
            *root.glob("README.md"),
            *root.glob("modules/*/README.md"),
            *root.glob("examples/*/README.md"),
            *root.glob("docs/**/*.md"),
        ]
    )


def unmarked(root: Path = ROOT) -> list[str]:
    """The modules whose README lacks one of its two tables."""
    problems = []
    for folder in sorted({path.parent for path in root.glob("modules/*/variables.tf")}):
        page = folder / "README.md"
        marked = MARKED.finditer(page.read_text(encoding="utf-8")) if page.is_file() else ()
        missing = {"INPUTS", "OUTPUTS"} - {each["kind"] for each in marked}
        problems += [f"{page.relative_to(root)} has no {kind} table" for kind in sorted(missing)]
    return problems


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Writes or checks all pages; the exit status is 1 where a check fails."""
    parser = argparse.ArgumentParser(description="Write the tables of inputs and outputs into the READMEs.")
    parser.add_argument("--check", action="store_true", help="change nothing, and fail where a page isn't up to date")
    check = parser.parse_args(arguments).check

    problems = unmarked(root)
    for page in pages(root):
        rendered = render(page, root)
        if rendered == page.read_text(encoding="utf-8"):
            continue
        if check:
            problems.append(f"{page.relative_to(root)} is not up to date: run `python -m tools.readme_tables`")
        else:
            page.write_text(rendered, encoding="utf-8")
            print(f"wrote {page.relative_to(root)}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
