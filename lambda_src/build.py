"""Builds `lambda_src/dist/llm_api.zip`, the same bytes on every machine and every run.

    make package                                   write the zip
    .venv/bin/python lambda_src/build.py --check   exit with 1 unless the committed zip is what the sources give;
                                                   with --anew too, nothing compiled earlier is taken on trust

Terraform plans a new function version whenever the zip's hash changes, so nothing of the machine may enter it: entries
are sorted, dated 1980-01-01, with fixed modes, and compressed by one pinned compressor (archive.py). Modules that most
requests need are there as compiled files too, made by one pinned interpreter (compiled.py).

Docstrings, comments and what functions say about types stay behind, and three of every four blanks that indent a line:
together they are over half of the source, and a cold start reads every byte that isn't compiled. Lines keep their
numbers, so a traceback from Lambda points into the repository.
"""

import argparse
import ast
import io
import sys
import tokenize
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from archive import Entry, written
from compiled import NoCompiler, compiled

SOURCES = Path(__file__).resolve().parent
ZIP = SOURCES / "dist" / "llm_api.zip"

BOOTSTRAP = "bootstrap"
PACKAGE = "llm_api"
PACKED_SUFFIXES = frozenset({".gz", ".json", ".py"})

COMPILED = ("handler", "runtime", "app", "config", "dialects.bedrock.calls")
"""Modules that are compiled with all that they import: the entries, and what those import for any request.

The zip has no room for all. Another dialect, or the meter of a tenant with budgets, is another tenth of it each, and
some milliseconds of a start in which it is used."""


DOCSTRING = '"."'
"""What stands in for a docstring. Not empty: a dataclass without one writes its own, by inspecting its signature."""

Place = tuple[int, int]
"""In a source: line, from 1, and column, from 0."""


class Stray(Exception):
    """A file that nobody said is part of the package."""


def build(sources: Path = SOURCES, *, anew: bool = False) -> bytes:
    """The zip's bytes.

    Parameters:
        sources: the folder that holds `bootstrap` and `llm_api/`.
        anew: compile everything, even what the committed zip holds already.

    Raises:
        Stray: the package holds a file that is neither code nor data.
        NoCompiler: a module changed, and what compiles it isn't on this machine.
    """
    files = {path.relative_to(sources).as_posix(): _packed(path) for path in _files(sources)}
    modules = {name: files[name].decode() for name in _needed(COMPILED, files)}
    files |= compiled(modules, _earlier(sources / "dist" / ZIP.name), anew=anew)
    # Lambda executes the bootstrap, so its mode is part of the package; a checkout's mode bits are not.
    return written(
        Entry(name, 0o100755 if name == BOOTSTRAP else 0o100644, content) for name, content in sorted(files.items())
    )


def _packed(path: Path) -> bytes:
    content = path.read_bytes()
    return without_prose(content.decode()).encode() if path.suffix == ".py" else content


def _earlier(package: Path) -> dict[str, bytes]:
    if not package.exists():
        return {}
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _needed(modules: Iterable[str], files: Mapping[str, bytes]) -> set[str]:
    """The names of the sources of these modules, and of all that is imported when they are."""
    found: set[str] = set()
    waiting = [f"{PACKAGE}.{module}" for module in modules]
    while waiting:
        module = waiting.pop()
        path = module.replace(".", "/")
        name = next((name for name in (f"{path}.py", f"{path}/__init__.py") if name in files), None)
        if name is None or name in found:
            continue  # not a module but something in one, or known
        found.add(name)
        waiting += [module.rpartition(".")[0], *_imported(ast.parse(files[name]))]
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    """What a module imports as it is imported itself, each name with and without what is taken out of it."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def without_prose(source: str) -> str:
    """The same program on the same lines, without docstrings, comments and functions' annotations, indented by one.

    Raises:
        AssertionError: it would not be the same program.
    """
    lines = source.splitlines(keepends=True)
    cuts = [(start, end, DOCSTRING) for start, end in _docstrings(source, lines)]
    cuts += [(start, end, "") for start, end in _annotations(source, lines)]
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
        raise AssertionError("Removing docstrings, comments, annotations and indentation changed a program.")
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


def _docstrings(source: str, lines: list[str]) -> Iterator[tuple[Place, Place]]:
    """Start and end of each string that is a statement of its own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield _start(node.value, lines), _end(node.value, lines)


def _annotations(source: str, lines: list[str]) -> Iterator[tuple[Place, Place]]:
    """Start and end of what a function says about the types of its parameters and its result."""
    arrows = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.string == "->"]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            name = _start(node, lines)
            yield (name[0], name[1] + len(node.arg)), _end(node.annotation, lines)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            before = max(arrow.start for arrow in arrows if arrow.start < _start(node.returns, lines))
            yield before, _end(node.returns, lines)


def _start(node: ast.expr | ast.arg, lines: list[str]) -> Place:
    # Columns of `ast` count bytes.
    return node.lineno, len(lines[node.lineno - 1].encode()[: node.col_offset].decode())


def _end(node: ast.expr | ast.arg, lines: list[str]) -> Place:
    last = node.end_lineno or node.lineno
    return last, len(lines[last - 1].encode()[: node.end_col_offset].decode())


def _program(source: str) -> str:
    """The syntax tree with its line numbers, all docstrings alike and functions without annotations."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            node.value.value = "."
            node.end_lineno = node.value.end_lineno = node.lineno
            node.end_col_offset = node.value.end_col_offset = 0
    for node in ast.walk(tree):
        for place in ("col_offset", "end_col_offset", "end_lineno"):
            if hasattr(node, place):
                setattr(node, place, 0)
    return ast.dump(tree, include_attributes=True)


def _files(sources: Path) -> Iterator[Path]:
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
    parser.add_argument("--anew", action="store_true", help="fail rather than keep what was compiled earlier")
    parser.add_argument("--output", type=Path, default=ZIP, help="where the zip is")
    arguments = parser.parse_args()
    output: Path = arguments.output
    try:
        package = build(anew=arguments.anew)
    except (NoCompiler, Stray) as problem:
        print(problem, file=sys.stderr)
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
