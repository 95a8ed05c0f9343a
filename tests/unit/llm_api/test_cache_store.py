"""What is written down can be read back, and nothing else can; and memory stays within its limits."""

import hashlib
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_api.cache import entry, store
from llm_api.cache.entry import CorruptEntry, Entry, decode, encode
from llm_api.cache.store import Memory, Store
from llm_api.deadline import Deadline
from llm_api.dialects import Answer

from tests.unit.llm_api.cache_table import CacheTable

KEY = "0" * 64
ANSWER = Answer(b'{"a": 1}', "application/json", {"x-amzn-bedrock-input-token-count": "3"})
WRITTEN = encode(KEY, Entry(1000.5, [ANSWER, Answer(b"\n\x00")]))


def test_an_entry_comes_back_as_it_was() -> None:
    assert decode(KEY, WRITTEN) == Entry(1000.5, [ANSWER, Answer(b"\n\x00")])


def test_another_key_finds_nothing() -> None:
    with pytest.raises(CorruptEntry):
        decode("1" * 64, WRITTEN)


@given(st.integers(0, len(WRITTEN) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, difference: int) -> None:
    changed = bytearray(WRITTEN)
    changed[position] ^= difference
    with pytest.raises(CorruptEntry):
        decode(KEY, bytes(changed))


def sealed(content: bytes) -> bytes:
    """What somebody writes who knows the format."""
    compressed = zlib.compress(content)
    return hashlib.sha256(compressed).digest() + compressed


def head(**changes: Any) -> bytes:
    whole = {"version": entry.VERSION, "key": KEY, "given_at": 1, "answers": [[2, "text/plain", {}]], **changes}
    return json.dumps(whole).encode() + b"\nhi"


def test_the_format_is_what_the_next_cases_break() -> None:
    assert decode(KEY, sealed(head())).answers[0].body == b"hi"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]\n",
        b"nothing",
        head(version=0),
        head(key="1" * 64),
        head(given_at="yesterday"),
        head(given_at=None),
        head(answers=[]),
        head(answers=[[3, "text/plain", {}]]),
        head(answers=[[1, "text/plain", {}]]),
        head(answers=[["2", "text/plain", {}]]),
        head(answers=[[2]]),
        head(answers={"a": 1}),
        b"[" * 100_000 + b"\n",
        b"x" * (entry.MAX_ENTRY_BYTES + 100_000),
    ],
)
def test_what_is_no_entry_is_refused(content: bytes) -> None:
    with pytest.raises(CorruptEntry):
        decode(KEY, sealed(content))


def test_memory_forgets_what_was_not_asked_for_the_longest() -> None:
    # GIVEN room for two
    memory = Memory(most_entries=2)
    one, two, three = (Entry(number, [ANSWER]) for number in range(3))
    memory.put("one", one)
    memory.put("two", two)
    # WHEN the first is asked for, and a third comes
    assert memory.get("one") is one
    memory.put("three", three)
    # THEN the second is forgotten
    assert [memory.get(key) for key in ("one", "two", "three")] == [one, None, three]


def test_memory_keeps_to_its_bytes() -> None:
    # GIVEN room for about ten entries
    memory = Memory(most_bytes=10 * Entry(0, [Answer(bytes(1000))]).size_bytes)
    # WHEN more come, some of them again and some dropped
    for number in range(50):
        memory.put(str(number % 30), Entry(number, [Answer(bytes(1000))]))
        memory.drop(str(number - 40))
    # THEN the last ten are there
    assert [number for number in range(30) if memory.get(str(number)) is not None] == list(range(10, 20))
    # AND one that is larger than everything is not
    memory.put("large", Entry(0, [Answer(bytes(20_000))]))
    assert memory.get("large") is None


def test_an_entry_of_the_future_is_not_given() -> None:
    # GIVEN an entry whose clock was an hour ahead
    table = CacheTable()
    Store("t", table, now=lambda: 7200.0).put(KEY, [ANSWER], 60, Deadline.after(5))
    # WHEN it is looked for, THEN it isn't given: it would be for too long
    assert Store("t", table, now=lambda: 3600.0).find(KEY, 60, Deadline.after(5)).entry is None
    # AND a clock that is a little ahead is nothing
    assert Store("t", table, now=lambda: 7199.0).find(KEY, 60, Deadline.after(5)).entry is not None


def test_there_is_no_write_once_the_time_is_over() -> None:
    table = CacheTable()
    put = Store("t", table).put(KEY, [ANSWER], 60, Deadline.after(-1))
    assert (put.kept, put.why, table.writes) == (False, "out_of_time", 0)


def test_the_longest_wait_is_below_what_the_entry_keeps_back() -> None:
    from llm_api.entry import RESERVE_SECONDS

    assert store.READ_SECONDS <= store.WRITE_SECONDS <= RESERVE_SECONDS
