"""Handlers that need a package of others: built as a deployment would build them, from pinned and hashed wheels.

AWS recommends to leave compiled files out of a zip, so they are
(https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-pycache).
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.subjects import HANDLERS, Subject, native_event
from tools.setup import installer, uv_environment

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "bench.txt"


def powertools(say: Callable[[str], object]) -> list[Subject]:
    """AWS Lambda Powertools' resolver with boto3; nothing where its package can't be had."""
    handler = HANDLERS / "powertools" / "powertools.py"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + handler.read_bytes()).hexdigest()[:16]
    folder = ROOT / ".local" / "bench" / f"powertools-{wanted}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        command = [installer(), "pip", "install", "--quiet", "--require-hashes", "--python", sys.executable]
        command += ["--target", str(partial), "--requirement", str(REQUIREMENTS)]
        installed = subprocess.run(command, env=uv_environment(), capture_output=True, text=True, check=False)  # noqa: S603
        if installed.returncode != 0:
            say(f"  without Powertools, which uv could not install: {installed.stderr.strip()[-300:]}")
            return []
        shutil.copy(handler, partial)
        partial.rename(folder)
    return [Subject("powertools", folder, "powertools.handler", native_event())]
