"""Fetches AWS's Runtime Interface Emulator: the Lambda Runtime API as AWS wrote it, in one binary.

AWS publishes the binary inside the PyPI package `aws-sam-cli`. Only that one file is taken out of the wheel; nothing is
installed. `python -m tools.rie` prints where it is.
"""

import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = "1.170.0"
WHEEL_SHA256 = "24ebaf5ecba38dc1758089968cb89ab61e124b84e92a344fc7a2771a47f4d0bf"
FOLDER = ROOT / ".local" / "rie" / VERSION

BINARIES = {
    "x86_64": ("aws-lambda-rie-x86_64", "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5"),
    "aarch64": ("aws-lambda-rie-arm64", "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21"),
}
"""Machine -> the binary's name in the wheel, and its SHA-256."""


class Unavailable(Exception):
    """The emulator can't be had on this machine; the message says why and what to do."""


def emulator() -> Path:
    """The emulator's executable, fetched on first use.

    Raises:
        Unavailable: no binary for this machine, or the package can't be downloaded.
    """
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in BINARIES:
        raise Unavailable(f"AWS builds the Runtime Interface Emulator for Linux on {' and '.join(BINARIES)} only.")
    name, sha256 = BINARIES[machine]
    binary = FOLDER / name
    if not binary.exists():
        content = _from_wheel(f"samcli/local/rapid/{name}")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Unavailable(f"{name} in aws-sam-cli {VERSION} is not the file that was pinned in {__name__}.")
        FOLDER.mkdir(parents=True, exist_ok=True)
        # Complete before it has its name: another process may be looking for it.
        partial = Path(tempfile.mkdtemp(dir=FOLDER)) / name
        partial.write_bytes(content)
        partial.chmod(0o755)
        partial.replace(binary)
        partial.parent.rmdir()
    return binary


def _from_wheel(member: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(f"aws-sam-cli=={VERSION} --hash=sha256:{WHEEL_SHA256}\n")
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", folder]
        finished = subprocess.run(
            [*download, *options, "--requirement", str(requirements)], capture_output=True, text=True, check=False
        )
        if finished.returncode != 0:
            reason = finished.stderr.strip().splitlines() or ["pip gave no reason"]
            raise Unavailable(
                f"aws-sam-cli {VERSION} could not be downloaded ({reason[-1]}). Make PyPI or a mirror "
                "reachable for pip, then run `python -m tools.rie` once."
            )
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            return wheel.read(member)


if __name__ == "__main__":
    try:
        print(emulator())
    except Unavailable as reason:
        sys.exit(str(reason))
