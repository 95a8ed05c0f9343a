"""What is kept, and how it is written down: in bytes that say what they are, so that nothing else is taken for them.

    SHA-256 of the rest | zlib of (a line of JSON | the answers' bodies, one after the other)

The JSON holds the version, the key, when the answer was given, and of each body its length and headers.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from llm_api.dialects import Answer

VERSION = 1
"""Of the format and of the key: what another version has written is not found."""

EVENT_STREAM = "application/vnd.amazon.eventstream"
"""The content type of a streamed answer's frames, which are kept as one body."""

MAX_ENTRY_BYTES = 4 * 1024 * 1024
"""Of an answer that is kept at all, uncompressed."""

_DIGEST_BYTES = hashlib.sha256().digest_size
_HEAD_BYTES = 64 * 1024


class CorruptEntry(ValueError):
    """The bytes are no entry, or are another one's."""


class Entry(NamedTuple):
    """An answer that was given.

    Attributes:
        given_at: seconds since 1970.
        answers: as many as the request had payloads.
    """

    given_at: float
    answers: Sequence[Answer]

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory."""
        return sum(len(answer.body) + 1024 for answer in self.answers)


def encode(key: str, entry: Entry) -> bytes:
    """The entry in bytes."""
    head = {
        "version": VERSION,
        "key": key,
        "given_at": entry.given_at,
        "answers": [[len(answer.body), answer.content_type, dict(answer.headers)] for answer in entry.answers],
    }
    compressed = zlib.compress(b"\n".join([json.dumps(head).encode(), b"".join(one.body for one in entry.answers)]))
    return hashlib.sha256(compressed).digest() + compressed


def decode(key: str, data: bytes) -> Entry:
    """The entry of `key` out of its bytes.

    Raises:
        CorruptEntry: they are something else.
    """
    digest, compressed = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(compressed).digest() != digest:
        raise CorruptEntry("The checksum is wrong.")
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(compressed, MAX_ENTRY_BYTES + _HEAD_BYTES)
        if not inflate.eof:
            raise CorruptEntry("It is cut off, or larger than an entry is.")
        line, _, bodies = content.partition(b"\n")
        return _entry(key, json.loads(line), bodies)
    except (zlib.error, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CorruptEntry("It is no entry.") from error


def _entry(key: str, head: Mapping[str, Any], bodies: bytes) -> Entry:
    if head["version"] != VERSION or head["key"] != key:
        raise CorruptEntry("It is another version's or another key's.")
    answers, position = [], 0
    for length, content_type, headers in head["answers"]:
        answers.append(Answer(bodies[position : position + length], content_type, headers))
        position += length
    if position != len(bodies) or not answers:
        raise CorruptEntry("Its lengths contradict each other.")
    return Entry(float(head["given_at"]), answers)
