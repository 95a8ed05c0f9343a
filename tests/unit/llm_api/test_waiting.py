"""Threads that wait for models: they are kept, and none is lost to a model that never answers."""

import threading
from collections.abc import Generator

import pytest
from llm_api.inference import waiting
from llm_api.inference.waiting import Exhausted, Pump, TooLate, call_within


@pytest.fixture(autouse=True)
def _no_threads_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_idle", [])


def test_calls_share_one_thread() -> None:
    # GIVEN a hundred calls, one after another
    # WHEN each asks which thread it is on
    threads = {call_within(5, threading.get_ident) for _ in range(100)}
    # THEN it was always the same one, and not the caller's
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_stream_leaves_its_thread_to_the_next() -> None:
    # GIVEN a stream that was read to its end
    first = call_within(5, threading.get_ident)
    pump = Pump(number for number in range(3))
    assert [pump.next(5) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Exhausted):
        pump.next(5)
    # THEN the next call runs where it ran
    assert call_within(5, threading.get_ident) == first


def test_a_call_that_is_late_keeps_its_thread_alone() -> None:
    # GIVEN a call that does not end in time
    over = threading.Event()
    with pytest.raises(TooLate):
        call_within(0, over.wait)
    # WHEN the next call comes
    answer = call_within(5, lambda: "next")
    over.set()
    # THEN it has a thread of its own
    assert answer == "next"


def test_what_is_raised_there_is_raised_here_and_the_thread_goes_on() -> None:
    # GIVEN a call that fails
    first = call_within(5, threading.get_ident)

    def fail() -> None:
        raise ValueError("no")

    # WHEN it is waited for
    with pytest.raises(ValueError, match="no"):
        call_within(5, fail)
    # THEN the thread still works
    assert call_within(5, threading.get_ident) == first


def test_what_has_come_already_is_at_hand_and_a_fault_waits_its_turn() -> None:
    # GIVEN a source that gives two items and fails
    def items() -> Generator[str, None, None]:
        yield "one"
        yield "two"
        raise ValueError("no")

    pump = Pump(items())
    taken = [pump.next(5)]
    # WHEN what is there is taken
    while len(taken) < 2:
        item = pump.at_hand()
        taken += [item] if item is not None else []
    # THEN it is in order
    assert taken == ["one", "two"]
    # AND the fault is no item, but raised where it is waited for
    assert pump.at_hand() is None
    with pytest.raises(ValueError, match="no"):
        pump.next(5)
