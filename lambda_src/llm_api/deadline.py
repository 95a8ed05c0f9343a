"""The point in time by which a request must have been answered."""

import time
from collections.abc import Callable
from typing import NamedTuple, Self


class Deadline(NamedTuple):
    """A fixed moment on the monotonic clock.

    Attributes:
        at_seconds: the moment, on `clock`.
        clock: seconds, monotonic; replaced in tests.
    """

    at_seconds: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """The moment `seconds` from now."""
        return cls(clock() + seconds, clock)

    def within(self, seconds: float) -> Self:
        """The same moment, or the one `seconds` from now if that is earlier."""
        return self._replace(at_seconds=min(self.at_seconds, self.clock() + seconds))

    def remaining_seconds(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at_seconds - self.clock())
