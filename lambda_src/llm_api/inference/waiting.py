"""Waiting no longer than the deadline, whatever the other side does.

A socket's timeout bounds each read, so a server that sends one byte a second is never too late for it. Here the
reading happens on a thread of its own, and the request waits for that thread, with the deadline.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_Outcome = tuple[T | None, BaseException | None]


class TooLate(Exception):
    """Nothing came within the time given."""


class Exhausted(Exception):
    """The iterator is at its end."""


class Pump(Generic[T]):
    """Runs an iterator on another thread; what it yields is waited for with a limit.

    A pump that is closed stops at its iterator's next item. A read that never returns keeps its thread until the
    socket's own timeout; nothing waits for it.
    """

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items
        self._outcomes: SimpleQueue[_Outcome[T]] = SimpleQueue()
        self._closed = threading.Event()
        self._next: _Outcome[T] | None = None
        _run_elsewhere(self._run, self._outcomes.put)

    def next(self, timeout_seconds: float) -> T:
        """The next item.

        Raises:
            TooLate: there was none within `timeout_seconds`.
            Exhausted: the iterator is at its end.
            Exception: what the iterator raised.
        """
        if self._next is not None:
            outcome, self._next = self._next, None
            return _result(outcome)
        return _first(self._outcomes, timeout_seconds)

    def at_hand(self) -> T | None:
        """The next item if it has come already, else None."""
        if self._next is None:
            if self._outcomes.empty():
                return None
            self._next = self._outcomes.get()
        item, error = self._next
        if error is not None:
            return None
        self._next = None
        return item

    def close(self) -> None:
        """Read no further."""
        self._closed.set()

    def _run(self) -> T:
        with closing(self._items) as items:
            for item in items:
                self._outcomes.put((item, None))
                if self._closed.is_set():
                    break
        raise Exhausted


def call_within(timeout_seconds: float, function: Callable[[], T]) -> T:
    """The result of `function`, or whatever it raises.

    Raises:
        TooLate: it took longer than `timeout_seconds`; its result is dropped.
    """
    outcomes: SimpleQueue[_Outcome[T]] = SimpleQueue()
    _run_elsewhere(function, outcomes.put)
    return _first(outcomes, timeout_seconds)


def _first(outcomes: "SimpleQueue[_Outcome[T]]", timeout_seconds: float) -> T:
    try:
        outcome = outcomes.get(timeout=max(0.0, timeout_seconds))
    except Empty:
        raise TooLate from None
    return _result(outcome)


def _result(outcome: "_Outcome[T]") -> T:
    result, error = outcome
    if error is not None:
        raise error
    return result  # type: ignore[return-value]


_idle: list[SimpleQueue[Any]] = []
"""The threads that wait for work, each by the queue it waits at."""


def _run_elsewhere(function: Callable[[], T], deliver: "Callable[[_Outcome[T]], None]") -> None:
    """Run `function` on a thread that stays for the next one: starting a thread costs more than handing over."""
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        # A daemon, so that a read which never returns doesn't keep the process.
        threading.Thread(target=_work, args=(jobs,), name="waiting", daemon=True).start()
    jobs.put((function, deliver))


def _work(jobs: SimpleQueue[Any]) -> None:
    while True:
        function, deliver = jobs.get()
        outcome: _Outcome[Any]
        try:
            outcome = function(), None
        except BaseException as error:  # it is raised where the outcome is waited for
            outcome = None, error
        # Idle before the outcome is known, or whoever waits for it could find no thread for the next call.
        _idle.append(jobs)
        deliver(outcome)
        del function, deliver, outcome  # or they would live until the next call
