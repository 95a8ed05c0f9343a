"""Compiled files beside the sources in the zip, for the modules that most requests need and the default runtime.

Lambda can't write any, since `/var/task` is read-only, and a cold start that compiles these modules is a seventh
longer. The files are Python's own `.pyc` with an unchecked hash of the source (https://peps.python.org/pep-0552/): by
their name other versions of Python ignore them; 3.13 takes them without reading the source.

They are the same bytes whoever builds:

- one interpreter makes them, the exact version in `COMPILER`. A later patch release runs them, since bytecode doesn't
  change within a minor version; but it may compile a little differently.
- without columns (`-X no_debug_ranges`), which would be the packed source's anyway; tracebacks keep their lines.
- marshalled in version 2 of the format, which has no references between objects: whether there is one hangs on how
  often an object happens to be referred to in the process that writes.
- with a fixed hash seed: 3.13.0 orders the names in a class's `__static_attributes__` by their hashes.

Each file carries the hash of the source that it was made of, which any Python can work out. So it is known everywhere
whether the zip's are current, and with COMPILER at hand whether they are what it makes of the sources.
"""

import _imp
import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

COMPILER = "3.13.0"
TAG = "cpython-313"
MAGIC = b"\xf3\r\r\n"
"""Of bytecode in Python 3.13; fixed with its first release."""

UNCHECKED_HASH = (0b01).to_bytes(4, "little")

TASK_FOLDER = "/var/task"
"""Where Lambda unpacks the zip: what tracebacks name."""

PROGRAM = f"""
import base64, json, marshal, sys
for name, source in json.load(sys.stdin).items():
    code = compile(source, f"{TASK_FOLDER}/{{name}}", "exec", dont_inherit=True, optimize=0)
    print(json.dumps([name, base64.b64encode(marshal.dumps(code, 2)).decode()]))
"""


class NoCompiler(Exception):
    """Something has to be compiled, and the interpreter for it isn't on this machine."""


def compiled(sources: Mapping[str, str], earlier: Mapping[str, bytes], *, anew: bool = False) -> dict[str, bytes]:
    """The compiled files by name.

    Parameters:
        sources: the packed sources by name, relative to the zip.
        earlier: the zip's files so far by name. Where there is no compiler, what is current among them is kept.
        anew: rather fail than keep any.

    Raises:
        NoCompiler: there is none, and not all can be kept.
    """
    headers = {name: MAGIC + UNCHECKED_HASH + source_hash(source) for name, source in sources.items()}
    interpreter = compiler()
    if interpreter is None:
        kept = {name: earlier.get(file_of(name), b"") for name in sources}
        changed = sorted(name for name in sources if anew or not kept[name].startswith(headers[name]))
        if changed:
            raise NoCompiler(
                f"{', '.join(changed)} must be compiled for Lambda by Python {COMPILER}, which is not on this machine. "
                f"Run `uv python install {COMPILER}` or `pyenv install {COMPILER}`, then `make package`."
            )
        return {file_of(name): content for name, content in kept.items()}
    return {file_of(name): headers[name] + code for name, code in _code(interpreter, sources)}


def compiler() -> str | None:
    """The interpreter that compiles, where this machine has it."""
    return next((place for place in _places() if _version(place) == COMPILER), None)


def file_of(source: str) -> str:
    """The name of a source's compiled file: `a/__pycache__/b.cpython-313.pyc` of `a/b.py`."""
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc")


def source_hash(source: str) -> bytes:
    """What `importlib.util.source_hash` gives on Python 3.13, given by any."""
    return _imp.source_hash(int.from_bytes(MAGIC, "little"), source.encode())


def _code(interpreter: str, sources: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    made = subprocess.run(  # noqa: S603
        [interpreter, "-S", "-s", "-X", "no_debug_ranges", "-X", "utf8", "-c", PROGRAM],
        input=json.dumps(sources),
        env={"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    for line in made.stdout.splitlines():
        name, code = json.loads(line)
        yield name, base64.b64decode(code)


def _places() -> Iterator[str]:
    """Where an interpreter may be: this one, the sandboxes', on the PATH, and where pyenv and uv keep theirs."""
    minor = COMPILER.rpartition(".")[0]
    yield sys.executable
    yield str(Path(__file__).resolve().parent.parent / f".venv-lambda-{minor}" / "bin" / "python")
    yield from filter(None, [shutil.which(f"python{minor}")])
    for folder in (Path("~/.pyenv/versions"), Path("~/.local/share/uv/python")):
        yield from map(str, sorted(folder.expanduser().glob(f"*{COMPILER}*/bin/python{minor}")))


def _version(interpreter: str) -> str:
    try:
        asked = subprocess.run([interpreter, "-V"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    return asked.stdout.removeprefix("Python ").strip()
