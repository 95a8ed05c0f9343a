"""Growth: what more models, more tenants and a longer conversation cost a request."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import count

from benchmarks.measures import cold
from benchmarks.measures.warm import WARM_UP_CALLS, per_call
from benchmarks.samples import Samples, slope
from benchmarks.sandboxes import Sandboxes
from benchmarks.subjects import Subject, anthropic_event, native_event, openai_event, registry

MODELS = (1, 10, 60)
TENANTS = (1, 100, 10_000)
HISTORY_BYTES = (1_000, 64_000, 1_000_000, 4_000_000)
CALLS = 20

EventOf = Callable[[int], bytes]


def by_models(sandboxes: Sandboxes, native: Subject, rounds: int) -> dict[str, dict[str, Samples]]:
    """Cold `total_ms` and warm `cpu_ms` with so many models in the registry, by their number."""
    subjects = [
        native.named(str(models), environment={**native.environment, "LLM_API_MODELS": registry(models)})
        for models in MODELS
    ]
    starts = cold.measure(sandboxes, subjects, rounds)
    calls = _per_call(sandboxes, {subject.name: (subject, _always(native.event)) for subject in subjects}, rounds)
    return {name: {**starts[name], "call_cpu_ms": calls[name]} for name in starts}


def by_tenants(sandboxes: Sandboxes, native_tenant: Subject, rounds: int) -> dict[str, Samples]:
    """Processor time of a call in ms, with so many callers taking turns at one sandbox, by their number.

    Their keys are in the table alone: with 10,000 each call meets a key that this sandbox has forgotten or never seen.
    """

    def turns(tenants: int) -> EventOf:
        return lambda number: native_event(key=f"sk-{number % tenants}")

    return _per_call(
        sandboxes, {str(tenants): (native_tenant, turns(tenants)) for tenants in TENANTS}, rounds, warm_up=150
    )


def by_history(sandboxes: Sandboxes, subjects: Mapping[str, Subject], rounds: int) -> dict[str, dict[str, Samples]]:
    """Processor time of a call in ms by subject, then by the conversation's bytes, then as `ms_per_mb`.

    Parameters:
        subjects: `native`, `openai`, `anthropic`, and others that take a native event.
    """
    makers = {"openai": openai_event, "anthropic": anthropic_event}
    found: dict[str, dict[str, Samples]] = {name: {} for name in subjects}
    for size in HISTORY_BYTES:
        calls = _per_call(
            sandboxes,
            {name: (subject, _always(makers.get(name, native_event)(size))) for name, subject in subjects.items()},
            rounds,
            calls=CALLS if size < 500_000 else 2,
            warm_up=2,
        )
        for name, samples in calls.items():
            found[name][str(size)] = samples
    for sizes in found.values():
        by_round = zip(*(sizes[str(size)].values for size in HISTORY_BYTES), strict=True)
        megabytes = [size / 1e6 for size in HISTORY_BYTES]
        sizes["ms_per_mb"] = Samples.of(slope(list(zip(megabytes, taken, strict=True))) for taken in by_round)
    return found


def _always(event: bytes) -> EventOf:
    return lambda number: event


def _per_call(
    sandboxes: Sandboxes,
    asked: Mapping[str, tuple[Subject, EventOf]],
    rounds: int,
    calls: int = CALLS,
    warm_up: int = WARM_UP_CALLS,
) -> dict[str, Samples]:
    """Processor time of a call in ms, one sample a round, interleaved."""
    with ExitStack() as stack:
        running = {name: stack.enter_context(sandboxes.running(subject, 1)) for name, (subject, _) in asked.items()}
        numbers = {name: count() for name in asked}

        def take(name: str, how_many: int) -> Sequence[bytes]:
            return [asked[name][1](next(numbers[name])) for _ in range(how_many)]

        for name, sandbox in running.items():
            per_call(sandbox, warm_up, take(name, warm_up))
        taken: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(rounds):
            for name, sandbox in running.items():
                taken[name].append(per_call(sandbox, calls, take(name, calls))[1] * 1000)
    return {name: Samples.of(values) for name, values in taken.items()}


def registry_bytes() -> dict[str, int]:
    """Bytes of the registry in the environment, by the number of models."""
    return {str(models): len(json.dumps(registry(models))) for models in MODELS}
