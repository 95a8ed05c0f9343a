"""The ratios that the goals are about, and whether each is met."""

from collections.abc import Mapping
from typing import Any

from benchmarks.samples import Samples

Measure = Mapping[str, Mapping[str, Samples]]

WARM = ("native", "native_loop", "openai", "anthropic", "native_tenant")


def ratios(cold: Measure, warm: Measure) -> dict[str, Samples]:
    """One ratio a round, so that a slow moment of the machine is on both sides."""
    found = {}
    for name in ("native", "native_loop"):
        for what in ("total_ms", "cpu_ms"):
            found[f"cold_{name}_{what}"] = cold[name][what].over(cold["naive"][what])
    for what in ("wall_ms", "cpu_ms"):
        floor = warm["echo"][what]
        for name in WARM:
            found[f"warm_{name}_{what}"] = warm[name][what].minus(floor).over(warm["naive"][what].minus(floor))
    return found


def table(results: Mapping[str, Any]) -> str:
    """For the terminal."""
    lines = []
    for name, ratio in results["ratios"].items():
        low, high = ratio["quartiles"]
        lines.append(f"{name:36} {ratio['median']:6.2f}   ({low:.2f} to {high:.2f})")
    return "\n".join(lines)
