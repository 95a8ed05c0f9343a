"""Waiting no longer than the deadline, whatever the other side does.

A socket's timeout bounds each read, so a server that sends one byte a second is never too late for it. Here the
reading happens on a thread of its own, and the request waits for that thread, with the deadline.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class TooLate(Exception):
    """Nothing came within the time given."""


class Exhausted(Exception):
    """The iterator is at its end."""


class Pump(Generic[T]):
    """Runs an iterator on its own thread; what it yields is waited for with a limit.

    A pump that is closed stops at its iterator's next item. A read that never returns keeps its thread, a daemon,
    until the socket's own timeout; nothing waits for it.
    """

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items
        self._queue: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
        self._closed = threading.Event()
        threading.Thread(target=self._run, name="pump", daemon=True).start()

    def next(self, timeout_seconds: float) -> T:
        """The next item.

        Raises:
            TooLate: there was none within `timeout_seconds`.
            Exhausted: the iterator is at its end.
            Exception: what the iterator raised.
        """
        try:
            item, error = self._queue.get(timeout=max(0.0, timeout_seconds))
        except Empty:
            raise TooLate from None
        if error is not None:
            raise error
        return item  # type: ignore[return-value]

    def close(self) -> None:
        """Read no further."""
        self._closed.set()

    def _run(self) -> None:
        try:
            with closing(self._items) as items:
                for item in items:
                    self._queue.put((item, None))
                    if self._closed.is_set():
                        break
            self._queue.put((None, Exhausted()))
        except BaseException as error:  # it is raised where the item is waited for
            self._queue.put((None, error))


def call_within(timeout_seconds: float, function: Callable[[], T]) -> T:
    """The result of `function`, or whatever it raises.

    Raises:
        TooLate: it took longer than `timeout_seconds`; its result is dropped.
    """

    def once() -> Generator[T, None, None]:
        yield function()

    return Pump(once()).next(timeout_seconds)
