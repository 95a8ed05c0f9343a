"""Ends sandboxes when this process ends, however it ends.

A frozen process can't notice that its parent has died, and `PR_SET_PDEATHSIG` follows the thread that started the
child, not the process. So one small child reads the sandboxes' process groups from a pipe; at the pipe's end it kills
those that are left.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

PROGRAM = """
import os, shutil, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    sign, group = line[0], int(line[1:])
    groups.add(group) if sign == "+" else groups.discard(group)
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
shutil.rmtree(sys.argv[1], ignore_errors=True)
"""


class Reaper:
    """Remembers process groups outside this process. Safe to use from any thread.

    Args:
        folder: what the sandboxes ran in; removed when they have ended.
    """

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._lock = threading.Lock()

    def watch(self, group: int) -> None:
        """Kills that process group if this process ends before `forget`."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended and its number may be another's from now on."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Kills what is still watched."""
        assert self._process.stdin is not None
        with self._lock, contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.wait(timeout=10)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(line)
            self._process.stdin.flush()


def signal_group(group: int, number: signal.Signals) -> None:
    """Sends a signal to a process group that may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
