"""Runs a command while every core has something else to do: `python -m tools.busy COMMAND …`.

A test that passes on a quiet machine alone says something of the machine. `make test BUSY=1` finds it.
"""

import multiprocessing
import os
import subprocess
import sys


def spin(parent: int) -> None:
    """Uses a core for as long as the parent lives."""
    while os.getppid() == parent:
        sum(range(1_000_000))


def main() -> None:
    others = [multiprocessing.Process(target=spin, args=(os.getpid(),)) for _ in range(os.cpu_count() or 1)]
    for other in others:
        other.start()
    try:
        code = subprocess.run(sys.argv[1:], check=False).returncode
    finally:
        for other in others:
            other.terminate()
    sys.exit(code)


if __name__ == "__main__":
    main()
