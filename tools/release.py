"""A version's section of the changelog, where README, packages and changelog all name that version. For a release.

No library: `towncrier` and its like write changelogs out of fragments, and ours is written by hand.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    version = sys.argv[1].removeprefix("v")
    if version != named():
        sys.exit(f"The tag says {version}, and README, packages and changelog say {named()}: bring them together.")
    sys.stdout.write(section(version))


def named() -> str:
    """The version that every place names.

    Raises:
        SystemExit: they name several.
    """
    changelog = re.search(r"^## \[(\d[^\]]*)\]", _read("CHANGELOG.md"), re.MULTILINE)
    places = {
        "pyproject.toml": tomllib.loads(_read("pyproject.toml"))["project"]["version"],
        "cli/pyproject.toml": tomllib.loads(_read("cli/pyproject.toml"))["project"]["version"],
        "llm-api --version": ", ".join(re.findall(r'__version__ = "(.+)"', _read("cli/llm_api_cli/__init__.py"))),
        "local_aws/pyproject.toml": tomllib.loads(_read("local_aws/pyproject.toml"))["project"]["version"],
        "CHANGELOG.md": changelog.group(1) if changelog else "none",
        "README.md": ", ".join(set(re.findall(r"\?ref=v([^\"]+)\"", _read("README.md")))),
    }
    if len(set(places.values())) > 1:
        raise SystemExit(f"One version has to be named everywhere, and these are: {places}")
    return str(places["pyproject.toml"])


def section(version: str) -> str:
    """What changed in a version, as the changelog tells it, without the heading."""
    heading = rf"^## \[{re.escape(version)}\][^\n]*\n"
    found = re.search(rf"{heading}(.*?)(?=^## |\Z)", _read("CHANGELOG.md"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit(f"CHANGELOG.md has no section [{version}].")
    return found.group(1).strip() + "\n"


def _read(path: str) -> str:
    return (ROOT / path).read_text()


if __name__ == "__main__":
    main()
