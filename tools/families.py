"""Writes `modules/model-access/families.json`: what Terraform has to know of each family, from the pages that hold it.

python -m tools.families            writes it
python -m tools.families --check    fails where it isn't up to date
"""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "lambda_src"))

from llm_api import families  # noqa: E402

JSON = ROOT / "modules" / "model-access" / "families.json"
PAGES = sorted(path.stem for path in Path(families.__file__).parent.glob("*.py") if path.stem != "__init__")


def classes(module: str) -> list[type[families.Family]]:
    """The classes of a page, in their order on it: the first is the one for an ID that tells no version."""
    found = vars(import_module(f"llm_api.families.{module}")).values()
    kinds = [value for value in found if isinstance(value, type) and issubclass(value, families.Family)]
    return [kind for kind in kinds if kind is not families.Family]


def rendered() -> str:
    """The file's text."""
    known = {
        kind.name: {"ids": list(kind.ids), "operation": kind.operation, "messages_api": kind.messages_api}
        for kind in (classes(module)[0] for module in PAGES)
    }
    return json.dumps(known, indent=2, sort_keys=True) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or compare it."""
    parser = argparse.ArgumentParser(description="Write what Terraform has to know of each family of models.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args(arguments).check:
        JSON.write_text(rendered(), encoding="utf-8")
        return 0
    if JSON.read_text(encoding="utf-8") == rendered():
        return 0
    print(f"{JSON.relative_to(ROOT)} is not what the pages say: run `make docs` and commit it.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
