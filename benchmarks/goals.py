"""The ratios that the goals are about, and whether each is met."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.samples import Samples

Measure = Mapping[str, Mapping[str, Samples]]

COLD = ("native", "native_loop", "native_all_roots", "powertools", "botocore_import", "bare")
WARM = ("native", "native_loop", "openai", "anthropic", "native_tenant", "powertools", "bare")
STREAMS = {
    "native_stream": "naive_stream",
    "anthropic_stream": "naive_stream",
    "converse_stream": "naive_converse_stream",
    "openai_stream": "naive_converse_stream",
}
"""Each with the naive loop over the same operation."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit on one of the ratios or figures.

    Attributes:
        key: in `ratios`.
        limit: the median must not be above it.
        stretch: what is aimed at beyond that; None where nothing is.
    """

    title: str
    key: str
    limit: float
    stretch: float | None = None
    unit: str = "of naive"


GOALS = (
    Goal("cold start, buffered", "cold_native_total_ms", 0.45, 0.36),
    Goal("cold start, buffered, processor", "cold_native_cpu_ms", 0.45, 0.36),
    Goal("cold start, streaming loop", "cold_native_loop_total_ms", 0.45, 0.36),
    Goal("cold start, streaming loop, processor", "cold_native_loop_cpu_ms", 0.45, 0.36),
    Goal("cold start, all of boto3's roots", "cold_native_all_roots_total_ms", 0.45),
    Goal("warm call, native", "warm_native_wall_ms", 0.6, 0.45),
    Goal("warm call, native, processor", "warm_native_cpu_ms", 0.6, 0.45),
    Goal("warm call, OpenAI, processor", "warm_openai_cpu_ms", 0.75, 0.6),
    Goal("warm call, Anthropic, processor", "warm_anthropic_cpu_ms", 0.75, 0.6),
    Goal("a tenant with budgets, processor", "tenant_cpu_ms", 0.45, 0.35, "of naive with two table calls"),
    Goal("stream, native: processor per chunk", "chunk_native_stream", 0.35, unit="of boto3's loop"),
    Goal("stream, Converse: processor per chunk", "chunk_converse_stream", 0.25, unit="of boto3's loop"),
    Goal("stream, OpenAI: processor per chunk", "chunk_openai_stream", 0.9, 0.7, "of boto3's loop"),
    Goal("stream, Anthropic: processor per chunk", "chunk_anthropic_stream", 0.9, 0.7, "of boto3's loop"),
    Goal("stream, native: first chunk", "first_chunk_native_stream_ms", 5.0, unit="ms"),
    Goal("stream, Converse: first chunk", "first_chunk_converse_stream_ms", 5.0, unit="ms"),
    Goal("stream, OpenAI: first chunk", "first_chunk_openai_stream_ms", 5.0, unit="ms"),
    Goal("stream, Anthropic: first chunk", "first_chunk_anthropic_stream_ms", 5.0, unit="ms"),
    Goal("memory after 100 calls", "resident_native_over_naive_mb", -18.0, unit="MB over naive"),
    Goal("memory after 100 calls, streaming loop", "resident_native_loop_over_naive_mb", -18.0, unit="MB over naive"),
    Goal("a longer conversation, OpenAI", "history_openai", 1.3, 1.15, "of naive's slope"),
    Goal("a longer conversation, Anthropic", "history_anthropic", 1.3, 1.15, "of naive's slope"),
)


def ratios(cold: Measure, warm: Measure, streams: Measure, history: Measure) -> dict[str, Samples]:
    """Flat, by name. One ratio a round, so that a slow moment of the machine is on both sides of it."""
    found: dict[str, Samples] = {}
    for name in (*COLD, "guest"):
        for what in ("total_ms", "cpu_ms"):
            if name in cold:
                found[f"cold_{name}_{what}"] = cold[name][what].over(cold["naive"][what])
    for what in ("wall_ms", "cpu_ms"):
        floor = warm["echo"][what]
        naive = warm["naive"][what].minus(floor)
        for name in (*WARM, "guest"):
            if name in warm:
                found[f"warm_{name}_{what}"] = warm[name][what].minus(floor).over(naive)
        tables = warm["naive_two_table_calls"][what].minus(floor)
        found[f"tenant_{what}"] = warm["native_tenant"][what].minus(floor).over(tables)
    for name, naive_name in STREAMS.items():
        found[f"chunk_{name}"] = streams[name]["cpu_us_per_chunk"].over(streams[naive_name]["cpu_us_per_chunk"])
        found[f"first_chunk_{name}_ms"] = streams[name]["first_chunk_ms"]
    for name in ("native", "native_loop"):
        found[f"resident_{name}_over_naive_mb"] = warm[name]["resident_mb"].minus(warm["naive"]["resident_mb"])
    for name in ("native", "openai", "anthropic"):
        found[f"history_{name}"] = history[name]["ms_per_mb"].over(history["naive"]["ms_per_mb"])
    return found


def judged(results: Mapping[str, Any]) -> list[tuple[Goal, float, bool]]:
    """Each goal with its median and whether it is met."""
    found = []
    for goal in GOALS:
        median = float(results["ratios"][goal.key]["median"])
        found.append((goal, median, median <= goal.limit))
    return found
