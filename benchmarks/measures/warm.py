"""Warm overhead: what one more call costs an environment that has answered before."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.samples import Samples
from benchmarks.sandboxes import Running, Sandboxes
from benchmarks.subjects import Subject

WARM_UP_CALLS = 20


def measure(
    sandboxes: Sandboxes, subjects: Sequence[Subject], rounds: int, calls: int
) -> dict[str, dict[str, Samples]]:
    """By subject: `wall_ms` and `cpu_ms` of a call, one sample a round, and `resident_mb` after 100 calls or more."""
    with ExitStack() as stack:
        running = {subject.name: stack.enter_context(sandboxes.running(subject, WARM_UP_CALLS)) for subject in subjects}
        wall: dict[str, list[float]] = {name: [] for name in running}
        cpu: dict[str, list[float]] = {name: [] for name in running}
        for number in range(rounds):
            # Each round begins with another subject, so that none is always first after a pause.
            names = list(running)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                wall_seconds, cpu_seconds = per_call(running[name], calls)
                wall[name].append(wall_seconds * 1000)
                cpu[name].append(cpu_seconds * 1000)
        resident = {name: sandbox.resident_bytes() / 1e6 for name, sandbox in running.items()}
    return {
        name: {
            "wall_ms": Samples.of(wall[name]),
            "cpu_ms": Samples.of(cpu[name]),
            "resident_mb": Samples.of([resident[name]]),
        }
        for name in running
    }


def per_call(sandbox: Running, calls: int, events: Sequence[bytes] = ()) -> tuple[float, float]:
    """The median call in seconds of the clock, and the mean one in seconds of the processor.

    Parameters:
        events: used in turn; the subject's own where there are none.
    """
    cpu_seconds = sandbox.cpu_seconds()
    seconds = [sandbox.call(events[number % len(events)] if events else None).seconds for number in range(calls)]
    return statistics.median(seconds), (sandbox.cpu_seconds() - cpu_seconds) / calls
