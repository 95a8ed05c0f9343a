"""The point in time by which a request must have been answered."""

import time
from collections.abc import Callable
from dataclasses import field, replace
from typing import Self

from llm_api.records import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A fixed moment on the monotonic clock.

    Attributes:
        at_seconds: the moment, on `clock`.
        clock: seconds, monotonic; replaced in tests.
    """

    at_seconds: float
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """The moment `seconds` from now."""
        return cls(clock() + seconds, clock)

    def within(self, seconds: float) -> Self:
        """The same moment, or the one `seconds` from now if that is earlier."""
        return replace(self, at_seconds=min(self.at_seconds, self.clock() + seconds))

    def remaining_seconds(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at_seconds - self.clock())
