"""`make lock`: from `requirements/*.in` what `make setup` installs, each package at one version, with its hashes.

In the format that pip reads, too, and not uv's own: that names an index by its address in each line, so that nobody
could install from a mirror.
"""

import argparse
import subprocess

from tools.setup import ROOT, installer, uv_environment

NAMES = ("test", "cli", "lambda", "fuzz", "lint", "bench", "uv", "clients", "clients-more")
"""Each resolved by itself: the linter pins what the tests want newer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take newer versions than those pinned now")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    options = [
        "--quiet",
        "--generate-hashes",
        "--universal",
        "--no-header",
        "--no-annotate",
        "--python-version",
        "3.11",
    ]
    uv = installer()
    for name in NAMES:
        files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
        command = [uv, "pip", "compile", *options, *upgrade, *files]
        subprocess.run(command, cwd=ROOT, env=uv_environment(), check=True)


if __name__ == "__main__":
    main()
