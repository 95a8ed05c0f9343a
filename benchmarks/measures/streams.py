"""Streams: how long the first piece is held back, and what each piece costs at full speed."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from benchmarks.model import StandIn
from benchmarks.samples import Samples
from benchmarks.sandboxes import PRELUDE_END, Answered, Sandboxes
from benchmarks.standin import Behaviour
from benchmarks.subjects import Subject

CHUNKS = 500
CALLS = 3
SILENCE_SECONDS = 0.02
"""Between the head of a stream, its first frame and the rest, so that each arrives on its own."""


def measure(
    sandboxes: Sandboxes, model: StandIn, subjects: Sequence[Subject], rounds: int
) -> dict[str, dict[str, Samples]]:
    """By subject: `first_chunk_ms` after the model's own, `cpu_us_per_chunk`, and `wall_ms` of 500 chunks.

    A chunk's cost is that of a stream of 500 less that of a stream of none, divided by 500: without what the request
    costs anyway.
    """
    with ExitStack() as stack:
        running = {subject.name: stack.enter_context(sandboxes.running(subject, 3)) for subject in subjects}
        first: dict[str, list[float]] = {name: [] for name in running}
        chunk: dict[str, list[float]] = {name: [] for name in running}
        wall: dict[str, list[float]] = {name: [] for name in running}
        for _ in range(rounds):
            model.behave(Behaviour(SILENCE_SECONDS, 5, SILENCE_SECONDS))
            for name, sandbox in running.items():
                answered = sandbox.call()
                first[name].append((_first_chunk_at_ns(answered) - model.first_frame_at_ns()) / 1e6)
            spent: dict[str, dict[int, float]] = {name: {} for name in running}
            for chunks in (0, CHUNKS):
                model.behave(Behaviour(chunks=chunks))
                for name, sandbox in running.items():
                    before = sandbox.cpu_seconds()
                    seconds = min(sandbox.call().seconds for _ in range(CALLS))
                    spent[name][chunks] = (sandbox.cpu_seconds() - before) / CALLS
                    if chunks:
                        wall[name].append(seconds * 1000)
            for name, cost in spent.items():
                chunk[name].append((cost[CHUNKS] - cost[0]) / CHUNKS * 1e6)
    model.behave(Behaviour())
    return {
        name: {
            "first_chunk_ms": Samples.of(first[name]),
            "cpu_us_per_chunk": Samples.of(chunk[name]),
            "wall_ms": Samples.of(wall[name]),
        }
        for name in running
    }


def _first_chunk_at_ns(answered: Answered) -> int:
    """When the caller had the first piece; a handler that can't stream says when it had it itself."""
    if PRELUDE_END in answered.body:
        return answered.first_body_at_ns
    headers: Mapping[str, str] = json.loads(answered.body)["headers"]
    return int(headers["x-first-chunk-at"])
