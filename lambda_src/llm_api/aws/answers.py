"""HTTP/1.1 answers, read strictly: whatever is ambiguous or too large is none.

https://www.rfc-editor.org/rfc/rfc9112. The standard library's reader has no limit on the whole time of a read, accepts
what two sides may read differently, and parses headers as e-mail, which takes longer than all else here together.
Reading can stop at any byte for want of time and goes on there with the next call.
"""

import re
from collections.abc import Mapping
from typing import Protocol

from llm_api.aws import BrokenOff

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of an answer that is read whole. The largest are pictures, a few megabytes each in base64."""

_MAX_LINE_BYTES = 1024
"""Of a chunk's size with its extensions, and of each trailer."""

_MAX_TRAILERS = 64

_HEAD = re.compile(rb"HTTP/1\.[01] [1-5]\d\d(?: [^\r\n\0]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*)*")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n\0]*)?")


class Reader(Protocol):
    """The connection that an answer is read from."""

    received: bytearray
    """What came and was not read yet."""

    def receive(self, until: float) -> bool:
        """Wait for more. False at the connection's end.

        Parameters:
            until: on the monotonic clock.

        Raises:
            TimedOut: nothing came by then.
            BrokenOff: the connection is broken.
        """
        ...

    def done(self, *, keep: bool) -> None:
        """Nothing more is read from it; `keep` where another request may be sent."""
        ...


class Answer:
    """One answer, of which nothing may have come yet.

    Attributes:
        status: three digits; with the headers, once `head` has returned.
        headers: names in lower case; of one that came twice, both values, joined by a comma.
    """

    status: int
    headers: Mapping[str, str]

    def __init__(self, connection: Reader) -> None:
        self._connection = connection
        self._over = False

    def head(self, until: float) -> None:
        """Wait for status and headers.

        Raises:
            TimedOut: they aren't there by then; it can be called again.
            BrokenOff: they won't come.
        """
        try:
            self._read_head(until)
        except BrokenOff:
            self.close()
            raise

    def close(self) -> None:
        """Read no further. An answer that isn't at its end takes its connection along."""
        if not self._over:
            self._over = True
            self._connection.done(keep=False)

    def piece(self, until: float) -> bytes:
        """What came of the body, or comes next; empty at its end.

        Raises:
            TimedOut: nothing came by `until`; it can be asked for again.
            BrokenOff: the body doesn't come to its end.
        """
        try:
            while not self._over:
                data = self._decoded()
                if data or self._over:
                    return data
                if not self._connection.receive(until):
                    if not self._until_close:
                        raise BrokenOff("the connection ended before the answer did")
                    self._end(keep=False)
        except BrokenOff:
            self.close()
            raise
        return b""

    def read(self, until: float, most: int = MAX_BODY_BYTES) -> bytes:
        """The whole body.

        Raises:
            TimedOut: it didn't come by `until`, and is given up.
            BrokenOff: it doesn't come to its end, or is longer than `most` bytes.
        """
        pieces, length = [], 0
        try:
            if self._left > most:
                raise BrokenOff("the answer is too large")
            while piece := self.piece(until):
                pieces.append(piece)
                length += len(piece)
                if length > most:
                    raise BrokenOff("the answer is too large")
        finally:
            self.close()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_head(self, until: float) -> None:
        received = self._connection.received
        looked = 0  # so many bytes have no end of a head in them
        while True:
            end = received.find(b"\r\n\r\n", max(0, looked - 3))
            if end > MAX_HEAD_BYTES or (end < 0 and len(received) > MAX_HEAD_BYTES):
                raise BrokenOff("the answer's head is too large")
            if end >= 0:
                head = bytes(received[:end])
                del received[: end + 4]
                if _HEAD.fullmatch(head) is None:
                    raise BrokenOff("the answer is not HTTP")
                if head[9:10] != b"1":
                    break
                looked = 0  # 100 Continue and the like: the answer follows
                continue
            looked = len(received)
            if not self._connection.receive(until):
                raise BrokenOff("the connection ended without an answer")
        first, *lines = head.split(b"\r\n")
        self.status = int(first[9:12])
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.decode("latin-1").partition(":")
            name, value = name.lower(), value.strip(" \t")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        self.headers: Mapping[str, str] = headers
        self._keeps = first[7:8] == b"1" and "close" not in headers.get("connection", "").lower()
        self._frame()

    def _frame(self) -> None:
        """How the end of the body is told."""
        length, coding = self.headers.get("content-length"), self.headers.get("transfer-encoding")
        self._chunked = coding is not None
        self._in_trailers = False
        self._trailers = 0
        self._left = 0
        """Bytes of the body, or of the chunk, that are still to come. A chunk's own end counts as two."""
        self._until_close = False
        if self.headers.get("content-encoding", "identity") != "identity":
            raise BrokenOff("the answer is encoded, which nobody asked for")
        if coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise BrokenOff("the answer's end is told in two ways, or in one that is not known")
        elif self.status in (204, 304):
            self._end(keep=self._keeps)
        elif length is None:
            if self.status < 300:
                raise BrokenOff("the answer's end is not told")
            self._until_close = True  # of a refusal the status is what counts
        elif not (length.isascii() and length.isdigit() and len(length) <= 15):
            raise BrokenOff("the answer's length is no number")
        else:
            self._left = int(length)
            if self._left == 0:
                self._end(keep=self._keeps)

    def _decoded(self) -> bytes:
        """What has come of the body."""
        received = self._connection.received
        if self._chunked:
            return self._dechunked(received)
        if self._until_close:
            data = bytes(received)
            received.clear()
            return data
        data = bytes(received[: self._left])
        del received[: self._left]
        self._left -= len(data)
        if self._left == 0:
            self._end(keep=self._keeps)
        return data

    def _dechunked(self, received: bytearray) -> bytes:
        pieces: list[bytes] = []
        while received and not self._over:
            if self._left > 2:
                data = bytes(received[: self._left - 2])
                del received[: self._left - 2]
                self._left -= len(data)
                pieces.append(data)
            elif self._left:
                if len(received) < 2:
                    break
                if received[:2] != b"\r\n":
                    raise BrokenOff("a chunk is longer than its size")
                del received[:2]
                self._left = 0
            else:
                end = received.find(b"\r\n", 0, _MAX_LINE_BYTES)
                if end < 0:
                    if len(received) >= _MAX_LINE_BYTES:
                        raise BrokenOff("a chunk has no size")
                    break
                line = bytes(received[:end])
                del received[: end + 2]
                self._see(line)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _see(self, line: bytes) -> None:
        """A chunk's size, or a trailer, of which nobody needs one."""
        if self._in_trailers:
            self._trailers += 1
            if not line:
                self._end(keep=self._keeps)
            elif self._trailers > _MAX_TRAILERS:
                raise BrokenOff("the trailers have no end")
            return
        match = _CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise BrokenOff("a chunk has no size")
        size = int(match[1], 16)
        self._left = size + 2 if size else 0
        if not size:
            self._in_trailers = True

    def _end(self, *, keep: bool) -> None:
        self._over = True
        # What is there beyond the end is no answer of ours: the next one could be taken for another's.
        self._connection.done(keep=keep and not self._connection.received)
