"""Samples of one quantity, and what is said about them: the median, the middle half, the extremes."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Samples:
    """Repeated measurements of one quantity in one unit."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> "Samples":
        """From any iterable."""
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """What the middle half lies between."""
        if len(self.values) < 2:
            return self.values[0], self.values[0]
        first, _, third = statistics.quantiles(self.values, n=4, method="inclusive")
        return first, third

    def minus(self, others: "Samples") -> "Samples":
        """Sample by sample, less the others: both were taken in the same rounds."""
        return Samples.of(mine - theirs for mine, theirs in zip(self.values, others.values, strict=True))

    def over(self, others: "Samples") -> "Samples":
        """Sample by sample, as ratios."""
        return Samples.of(mine / theirs for mine, theirs in zip(self.values, others.values, strict=True))

    def to_json(self, digits: int = 3) -> dict[str, Any]:
        """The summary and every sample."""
        return {
            "median": round(self.median, digits),
            "quartiles": [round(value, digits) for value in self.quartiles],
            "min": round(min(self.values), digits),
            "max": round(max(self.values), digits),
            "samples": [round(value, digits) for value in self.values],
        }


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The least-squares slope through (x, y)."""
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def tabulated(samples: Mapping[str, Samples], digits: int = 3) -> dict[str, Any]:
    """By name, as JSON."""
    return {name: sample.to_json(digits) for name, sample in samples.items()}
