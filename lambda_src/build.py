"""Builds `lambda_src/dist/llm_api.zip`, the same bytes on every machine and every run.

    make package                                   write the zip
    .venv/bin/python lambda_src/build.py --check   exit with 1 unless the committed zip is what the sources give

Terraform plans a new function version whenever the zip's hash changes, so nothing of the machine may enter it: entries
are sorted, dated 1980-01-01, with fixed modes, and compressed by one pinned compressor (archive.py).

Docstrings and comments stay behind, and three of every four blanks that indent a line: together they are half of the
source, and a cold start reads every byte of it. Lines keep their numbers, so a traceback from Lambda points into the
repository.
"""

import argparse
import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from archive import Entry, written

SOURCES = Path(__file__).resolve().parent
ZIP = SOURCES / "dist" / "llm_api.zip"

BOOTSTRAP = "bootstrap"
PACKAGE = "llm_api"
PACKED_SUFFIXES = frozenset({".gz", ".json", ".py"})

DOCSTRING = '"."'
"""What stands in for a docstring. Not empty: a dataclass without one writes its own, by inspecting its signature."""


class Stray(Exception):
    """A file that nobody said is part of the package."""


def build(sources: Path = SOURCES) -> bytes:
    """The zip's bytes.

    Parameters:
        sources: the folder that holds `bootstrap` and `llm_api/`.

    Raises:
        Stray: the package holds a file that is neither code nor data.
    """
    return written(
        _entry(path, path.relative_to(sources).as_posix())
        for path in sorted(_packed(sources), key=lambda path: path.relative_to(sources).as_posix())
    )


def _entry(path: Path, name: str) -> Entry:
    content = path.read_bytes()
    # Lambda executes the bootstrap, so its mode is part of the package; a checkout's mode bits are not.
    mode = 0o100755 if name == BOOTSTRAP else 0o100644
    return Entry(name, mode, without_prose(content.decode()).encode() if path.suffix == ".py" else content)


def without_prose(source: str) -> str:
    """The same program on the same lines, without docstrings and comments, each level indented by one blank.

    Raises:
        AssertionError: it would not be the same program.
    """
    lines = source.splitlines(keepends=True)
    cuts = [(start, end, DOCSTRING) for start, end in _docstrings(source, lines)]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            cuts.append((token.start, token.end, ""))
    for (first, start), (last, end), replacement in sorted(cuts, reverse=True):
        before, after = lines[first - 1][:start], lines[last - 1][end:]
        kept = [f"{before}{replacement}".rstrip() + "\n"] + ["\n"] * (last - first)
        kept[-1] = kept[-1].removesuffix("\n") + after
        lines[first - 1 : last] = kept
    result = _indented_by_one("".join(lines))
    if _program(result) != _program(source):
        raise AssertionError("Removing docstrings, comments and indentation changed a program.")
    return result


def _indented_by_one(source: str) -> str:
    lines = source.splitlines(keepends=True)
    inside_strings = {
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for number in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }
    for number, line in enumerate(lines, start=1):
        text = line.lstrip(" ")
        if number not in inside_strings:
            lines[number - 1] = " " * ((len(line) - len(text)) // 4) + text
    return "".join(lines)


def _docstrings(source: str, lines: list[str]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Start and end, (line, column), of each string that is a statement of its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            last = node.end_lineno or node.lineno
            # Columns of `ast` count bytes.
            start = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
            end = len(lines[last - 1].encode()[: node.end_col_offset].decode())
            yield (node.lineno, start), (last, end)


def _program(source: str) -> str:
    """The syntax tree with its line numbers, all docstrings alike."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = "."
            node.end_lineno = node.value.end_lineno = node.lineno
            node.end_col_offset = node.value.end_col_offset = 0
    for node in ast.walk(tree):
        for place in ("col_offset", "end_col_offset", "end_lineno"):
            if hasattr(node, place):
                setattr(node, place, 0)
    return ast.dump(tree, include_attributes=True)


def _packed(sources: Path) -> Iterator[Path]:
    yield sources / BOOTSTRAP
    for path in (sources / PACKAGE).rglob("*"):
        parts = path.relative_to(sources).parts
        if path.is_dir() or "__pycache__" in parts or any(part.startswith(".") for part in parts):
            continue
        if path.suffix not in PACKED_SUFFIXES:
            raise Stray(
                f"{path.relative_to(sources)} is neither code nor data of the package. Remove it, or add its suffix to "
                f"PACKED_SUFFIXES in {Path(__file__).name}."
            )
        yield path


def main() -> int:
    """Write the zip, or compare it."""
    parser = argparse.ArgumentParser(description="Build the Lambda package.")
    parser.add_argument("--check", action="store_true", help="compare with the committed zip instead of writing it")
    parser.add_argument("--output", type=Path, default=ZIP, help="where the zip is")
    arguments = parser.parse_args()
    output: Path = arguments.output
    try:
        package = build()
    except Stray as stray:
        print(stray, file=sys.stderr)
        return 1
    if not arguments.check:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(package)
        print(f"{output.name}: {len(package):,} bytes")
        return 0
    if output.exists() and output.read_bytes() == package:
        return 0
    print(f"{output.name} is not what the sources give: run `make package` and commit the zip.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
