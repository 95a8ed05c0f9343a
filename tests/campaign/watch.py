"""What is seen of the sandboxes from outside, while they are at work and after: memory, threads, files, leftovers."""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local_aws.lambda_service import LambdaService

LOOK_SECONDS = 0.5
PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Look:
    """One sandbox at one time.

    Attributes:
        at: seconds, monotonic.
        resident_bytes: of its memory.
        files: open ones, sockets among them.
    """

    at: float
    resident_bytes: int
    threads: int
    files: int


@dataclass(slots=True)
class Vitals:
    """Looks at each sandbox that lived, by process ID."""

    looks: dict[int, list[Look]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, service: LambdaService) -> None:
        for sandbox in service.sandboxes:
            look = _look(sandbox.pid)
            if look is not None:
                with self._lock:
                    self.looks.setdefault(sandbox.pid, []).append(look)

    def growth(self) -> "Growth | None":
        """From the middle of the time to its end, of those that lived through it; None where none did."""
        if not self.looks:
            return None
        first = min(looks[0].at for looks in self.looks.values())
        last = max(looks[-1].at for looks in self.looks.values())
        middle = (first + last) / 2
        pairs = []
        for looks in self.looks.values():
            then = [look for look in looks if look.at <= middle]
            if then and looks[-1].at >= last - 4 * LOOK_SECONDS:
                pairs.append((then[-1], looks[-1]))
        if not pairs:
            return None
        return Growth(
            sandboxes=len(pairs),
            resident_bytes=statistics.median(now.resident_bytes for _, now in pairs),
            grown_bytes=max(now.resident_bytes - then.resident_bytes for then, now in pairs),
            threads=max(now.threads - then.threads for then, now in pairs),
            files=max(now.files - then.files for then, now in pairs),
        )


@dataclass(frozen=True, slots=True)
class Growth:
    """How much more there was at the end than in the middle: of each, the sandbox that grew most.

    Attributes:
        resident_bytes: at the end, in the middle of the field.
    """

    sandboxes: int
    resident_bytes: float
    grown_bytes: int
    threads: int
    files: int


def _look(pid: int) -> Look | None:
    process = Path(f"/proc/{pid}")
    try:
        pages = int((process / "statm").read_text().split()[1])
        threads = len(list((process / "task").iterdir()))
        files = len(list((process / "fd").iterdir()))
    except (OSError, IndexError, ValueError):
        return None  # it has ended
    return Look(time.monotonic(), pages * PAGE_BYTES, threads, files)


@contextmanager
def watching(service: LambdaService) -> Iterator[Vitals]:
    """Looks twice a second for as long as the `with` block lasts."""
    vitals = Vitals()
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            vitals.take(service)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield vitals
    finally:
        over.set()
        thread.join()
        vitals.take(service)


def leaked(service: LambdaService) -> set[int]:
    """Processes that run in a sandbox's folder, and belong to no sandbox that the service knows."""
    known = {sandbox.pid for sandbox in service.sandboxes}
    found = set()
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                folder = (process / "cwd").resolve(strict=True)
            except OSError:
                continue
            if folder.is_relative_to(service.folder) and int(process.name) not in known:
                found.add(int(process.name))
    return found


def written(service: LambdaService) -> set[str]:
    """Files that a function left behind in what stands for its /tmp."""
    return {str(path) for path in service.folder.glob("scratch-*/**/*")}
