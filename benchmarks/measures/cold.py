"""Cold start: from the start of the process to the first answer's last byte."""

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.samples import Samples
from benchmarks.sandboxes import Sandboxes
from benchmarks.subjects import Subject


def measure(sandboxes: Sandboxes, subjects: Sequence[Subject], rounds: int) -> dict[str, dict[str, Samples]]:
    """By subject: `total_ms`, of it `init_ms` before the first event, and `cpu_ms` of the process."""
    taken: dict[str, dict[str, list[float]]] = {subject.name: defaultdict(list) for subject in subjects}
    for number in range(rounds + 1):
        for subject in subjects:
            sandbox = sandboxes.start(subject)
            try:
                init_seconds = sandbox.wait_for_init()
                answered = sandbox.call()
                cpu_seconds = sandbox.cpu_seconds()
            finally:
                sandbox.kill()
            if number == 0:
                continue  # fills the file cache and unpacks
            mine = taken[subject.name]
            mine["init_ms"].append(init_seconds * 1000)
            # Not by the clock on the wall: between init and the event the bench does work of its own.
            mine["total_ms"].append((init_seconds + answered.seconds) * 1000)
            mine["cpu_ms"].append(cpu_seconds * 1000)
    return {name: {what: Samples.of(values) for what, values in mine.items()} for name, mine in taken.items()}
