"""Builds `lambda_src/dist/llm_api.zip`, the same bytes on every machine and every run.

    make package                                   write the zip
    .venv/bin/python lambda_src/build.py --check   exit with 1 unless the committed zip is what the sources give

Each file in the zip is the repository's, byte for byte: who unzips it reads the source that was reviewed.

Terraform plans a new function version whenever the zip's hash changes, so nothing of the machine may enter it: entries
are sorted, dated 1980-01-01, with fixed modes, and stored as they are. Compressed they would differ from one build of
zlib to the next, and an interpreter may carry zlib-ng (https://github.com/python/cpython/issues/91349).
"""

import argparse
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
ZIP = SOURCES / "dist" / "llm_api.zip"

BOOTSTRAP = "bootstrap"
PACKAGE = "llm_api"
PACKED_SUFFIXES = frozenset({".json", ".pem", ".py"})

UNIX = 3
"""Whose modes the entries have, wherever the zip is built."""


class Stray(Exception):
    """A file that nobody said is part of the package."""


def build(sources: Path = SOURCES) -> bytes:
    """The zip's bytes.

    Parameters:
        sources: the folder that holds `bootstrap` and `llm_api/`.

    Raises:
        Stray: the package holds a file that is neither code nor data.
    """
    files = {path.relative_to(sources).as_posix(): path.read_bytes() for path in _files(sources)}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as package:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01, the first day that a zip can express
            entry.create_system = UNIX
            # Lambda executes the bootstrap, so its mode is part of the package; a checkout's mode bits are not.
            entry.external_attr = (0o100755 if name == BOOTSTRAP else 0o100644) << 16
            package.writestr(entry, content)
    return written.getvalue()


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
    parser.add_argument("--output", type=Path, default=ZIP, help="where the zip is")
    arguments = parser.parse_args()
    output: Path = arguments.output
    try:
        package = build()
    except Stray as problem:
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
