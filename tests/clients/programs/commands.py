"""What the programs of commands share: a folder to work in, and a run of a command with everything but us shut off."""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORK = Path(os.environ["HOME"], "work")
NOTES = WORK / "notes.txt"


IN_WORDS = {"There is no such model": 404, "Quota exceeded": 429}
"""What Codex says instead of a status."""


class Failed(Exception):
    """What a command said before it gave up.

    Attributes:
        status: the HTTP status in it.
    """

    def __init__(self, said: str) -> None:
        super().__init__(said)
        found = re.search(r'(?:unexpected status |"api_error_status":)(\d{3})', said)
        phrase = next((status for words, status in IN_WORDS.items() if words in said), None)
        self.status = int(found[1]) if found else phrase


def run(command: Sequence[str], settings: dict[str, str]) -> list[dict[str, Any]]:
    """The lines of JSON that a command prints.

    Raises:
        Failed: it did not succeed.
    """
    WORK.mkdir(exist_ok=True)
    NOTES.write_text("the old word\n")
    done = subprocess.run(
        command,
        cwd=WORK,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        raise Failed(done.stdout[-2000:] + done.stderr[-200:])
    return lines


def script(*calls: tuple[str, dict[str, Any]]) -> str:
    """A question that has the stand-in call tools, one after the other."""
    return "\n".join(f"Call the tool {name} with {json.dumps(given)}" for name, given in calls)
