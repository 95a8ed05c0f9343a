"""Concurrency: many sandboxes at once, each with one request, as Lambda does it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.model import StandIn
from benchmarks.sandboxes import Running, Sandboxes, WrongAnswer
from benchmarks.standin import Behaviour
from benchmarks.subjects import Subject

SANDBOX_LEVELS = (1, 2, 5, 10, 25, 50, 100)
STREAM_LEVELS = (1, 10, 50, 100, 200)
REPEATS = 3
MODEL_SECONDS = 1.0
"""How long the model thinks, and how long it streams: the time in which the others have to be served."""

STREAM_CHUNKS = 20
SANDBOX_BYTES = 60e6
"""Memory to have free for each; fewer are started where there is less."""


@dataclass(frozen=True, slots=True)
class Level:
    """What a number of concurrent requests came to.

    Attributes:
        per_second: requests answered, in the best of the repeats.
        linear: that over the number of requests, against the same with one.
        errors: wrong answers, over all repeats.
    """

    concurrent: int
    per_second: float
    linear: float
    errors: int


def measure(
    sandboxes: Sandboxes, model: StandIn, whole: Subject, streamed: bytes, say: Callable[[str], object]
) -> dict[str, list[dict[str, Any]]]:
    """Levels of `sandboxes` (whole answers) and of `streams`.

    Parameters:
        whole: a subject in streaming mode, whose own event asks for a whole answer.
        streamed: an event of the same subject that asks for a stream.
    """
    crowd: list[Running] = []
    try:
        wanted = min(max(STREAM_LEVELS), int(_free_bytes() / SANDBOX_BYTES))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: _start(sandboxes, whole, crowd), range(wanted)))
        say(f"  {len(crowd)} sandboxes are up")
        with ThreadPoolExecutor(wanted) as pool:
            model.behave(Behaviour(delay_seconds=MODEL_SECONDS))
            answers = _levels(pool, crowd, SANDBOX_LEVELS, None)
            model.behave(Behaviour(chunks=STREAM_CHUNKS, pace_seconds=MODEL_SECONDS / STREAM_CHUNKS))
            streams = _levels(pool, crowd, STREAM_LEVELS, streamed)
    finally:
        model.behave(Behaviour())
        for sandbox in crowd:
            sandbox.kill()
    return {"sandboxes": answers, "streams": streams}


def _start(sandboxes: Sandboxes, subject: Subject, crowd: list[Running]) -> None:
    sandbox = sandboxes.start(subject)
    crowd.append(sandbox)
    sandbox.wait_for_init()
    sandbox.call()


def _levels(
    pool: ThreadPoolExecutor, crowd: Sequence[Running], sizes: Sequence[int], event: bytes | None
) -> list[dict[str, Any]]:
    levels: list[Level] = []
    for size in (size for size in sizes if size <= len(crowd)):
        best, errors = 0.0, 0
        for _ in range(REPEATS):
            started = time.perf_counter()
            errors += sum(pool.map(lambda sandbox: _fails(sandbox, event), crowd[:size]))
            best = max(best, size / (time.perf_counter() - started))
        alone = levels[0].per_second if levels else best
        levels.append(Level(size, round(best, 2), round(best / size / alone, 3), errors))
    return [asdict(level) for level in levels]


def _fails(sandbox: Running, event: bytes | None) -> int:
    try:
        sandbox.call(event)
    except (WrongAnswer, OSError):
        return 1
    return 0


def _free_bytes() -> float:
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable:"))
    return float(line.split()[1]) * 1024
