"""The Python that runs a deployed function: its own version where one is found, else the one that runs local AWS."""

import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

log = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[2]
PROBE = "import sys, awslambdaric, botocore; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python executable with AWS's runtime client.

    Attributes:
        version: e.g. "3.13".
        is_deployed_version: whether it is the version that the function's runtime asks for.
    """

    executable: Path
    version: str
    is_deployed_version: bool


@cache
def interpreter_for(runtime: str) -> Interpreter:
    """The interpreter for a managed runtime such as `python3.13`; the choice is logged once a runtime.

    Looked for: the environment variable `LOCAL_AWS_PYTHON_3_13`, then `.venv-lambda-3.13/bin/python` in the repository.
    Each must be of that version and hold `awslambdaric` and `botocore`.

    Raises:
        ValueError: not a Python runtime.
    """
    if not runtime.startswith("python3."):
        raise ValueError(f"local AWS runs Python functions only, not the runtime {runtime!r}")
    wanted = runtime.removeprefix("python")
    current = "{}.{}".format(*sys.version_info[:2])
    override = os.environ.get(f"LOCAL_AWS_PYTHON_{wanted.replace('.', '_')}")
    candidates = [Path(override)] if override else []
    candidates.append(REPOSITORY / f".venv-lambda-{wanted}" / "bin" / "python")
    for candidate in candidates:
        if candidate.exists() and _version(candidate) == wanted:
            log.info("functions on %s run under %s", runtime, candidate)
            return Interpreter(candidate, wanted, is_deployed_version=True)
    if wanted != current:
        log.warning(
            "functions on %s run under Python %s: no Python %s with awslambdaric was found "
            "(make .venv-lambda-%s, or set LOCAL_AWS_PYTHON_%s)",
            runtime, current, wanted, wanted, wanted.replace(".", "_"),
        )  # fmt: skip
    return Interpreter(Path(sys.executable), current, is_deployed_version=wanted == current)


def _version(executable: Path) -> str | None:
    """The version of an interpreter that can run a function, or None where it can't."""
    try:
        probe = subprocess.run(
            [executable, "-c", PROBE], capture_output=True, text=True, timeout=30, check=True, env={"PATH": os.defpath}
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return probe.stdout.strip()
