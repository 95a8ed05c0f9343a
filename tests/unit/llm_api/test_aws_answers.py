"""HTTP answers are read strictly, in pieces cut anywhere, and never without an end."""

import http.client
import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_api.aws import BrokenOff, TimedOut
from llm_api.aws.answers import Answer

OK = b"HTTP/1.1 200 OK\r\n"


class Pieces:
    """A connection on which these pieces come; see `answers.Reader`. An empty one is a wait that takes too long."""

    def __init__(self, *pieces: bytes) -> None:
        self.received = bytearray()
        self.kept: bool | None = None
        self._pieces = list(pieces)

    def receive(self, until: float) -> bool:
        if not self._pieces:
            return False
        piece = self._pieces.pop(0)
        if not piece:
            raise TimedOut("no answer in time")
        self.received += piece
        return True

    def done(self, *, keep: bool) -> None:
        assert self.kept is None, "given back twice"
        self.kept = keep


def whole(*pieces: bytes) -> tuple[Answer, bytes, bool | None]:
    connection = Pieces(*pieces)
    answer = Answer(connection)
    answer.head(0)
    return answer, answer.read(0), connection.kept


bodies = st.lists(st.binary(max_size=40), max_size=5)


def in_chunks(parts: list[bytes]) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"


@given(bodies, st.booleans(), st.lists(st.integers(0, 400), max_size=12), st.booleans())
def test_however_it_is_cut_an_answer_is_what_the_standard_library_reads(
    parts: list[bytes], chunked: bool, cuts: list[int], close: bool
) -> None:
    # GIVEN an answer that is cut anywhere
    body = b"".join(parts)
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    kept = b"Connection: close\r\n" if close else b""
    data = OK + b"X-Amzn-RequestId:  a b \r\n" + kept + framing + b"\r\n\r\n" + (in_chunks(parts) if chunked else body)
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})
    pieces = [data[start:end] for start, end in pairwise(places)]
    # WHEN it is read
    answer, read, keeps = whole(*pieces)
    # THEN it is what the standard library finds, and the connection can be used again unless it says otherwise
    theirs = http.client.HTTPResponse(_Socket(data))  # type: ignore[arg-type]
    theirs.begin()
    assert (answer.status, read) == (theirs.status, theirs.read())
    assert dict(answer.headers) == {name.lower(): value.strip() for name, value in theirs.getheaders()}
    assert keeps is not close


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_bytes_are_an_answer_or_none_and_nothing_else_is_raised(data: bytes) -> None:
    for before in (b"", OK, OK + b"transfer-encoding: chunked\r\n\r\n", OK + b"content-length: 3\r\n\r\n"):
        connection = Pieces(*filter(None, [before + data]))
        answer = Answer(connection)
        try:
            answer.head(0)
            answer.read(0)
        except BrokenOff:
            pass
        assert connection.kept is not None


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200OK\r\n\r\n",
        b"HTTP/1.1 600 No\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.7\r\n\r\n",
        OK + b"content-length : 2\r\n\r\n{}",
        OK + b"a: b\r\n folded: c\r\ncontent-length: 2\r\n\r\n{}",
        OK + b"a: b\nx: c\r\ncontent-length: 2\r\n\r\n{}",
        OK + b"a: b\rx: c\r\ncontent-length: 2\r\n\r\n{}",
        OK + b"a: b\0\r\ncontent-length: 2\r\n\r\n{}",
        OK + b"no colon\r\ncontent-length: 2\r\n\r\n{}",
        OK + b": no name\r\ncontent-length: 2\r\n\r\n{}",
        OK + b"\r\n{}",
        OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
        OK + b"content-length: 2, 2\r\n\r\n{}",
        OK + b"content-length: -2\r\n\r\n{}",
        OK + b"content-length: +2\r\n\r\n{}",
        OK + b"content-length: 0x2\r\n\r\n{}",
        OK + "content-length: ٢\r\n\r\n{}".encode(),
        OK + b"content-length: \r\n\r\n{}",
        OK + b"content-length: 9999999999999999\r\n\r\n{}",
        OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        OK + b"transfer-encoding: identity\r\n\r\n{}",
        OK + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    ],
)
def test_a_head_that_two_sides_may_read_differently_is_no_answer(head: bytes) -> None:
    with pytest.raises(BrokenOff):
        whole(head)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"2\r\n{}",
        b"2\r\n{}\r\n",
        b"2\r\n{}\r\n0\r\n",
        b"2\r\n{} \r\n0\r\n\r\n",
        b"2\r\n{}\n0\r\n\r\n",
        b"2\n{}\r\n0\r\n\r\n",
        b"-2\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b" 2\r\n{}\r\n0\r\n\r\n",
        b"\r\n{}\r\n0\r\n\r\n",
        b"222222222\r\n{}\r\n0\r\n\r\n",
        b"2;" + b"x" * 2000 + b"\r\n{}\r\n0\r\n\r\n",
        b"0\r\n" + b"a: b\r\n" * 100 + b"\r\n",
    ],
)
def test_chunks_that_are_none_are_no_answer(body: bytes) -> None:
    with pytest.raises(BrokenOff):
        whole(OK + b"transfer-encoding: chunked\r\n\r\n" + body)


def test_an_answer_that_ends_early_is_broken_off() -> None:
    with pytest.raises(BrokenOff, match="ended before"):
        whole(OK + b"content-length: 3\r\n\r\n{}")


def test_extensions_and_trailers_of_chunks_are_passed_over() -> None:
    answer, body, keeps = whole(OK + b"transfer-encoding: Chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nx-checksum: 1\r\n\r\n")
    assert (answer.status, body, keeps) == (200, b"{}", True)


def test_a_provisional_answer_is_passed_over() -> None:
    answer, body, _ = whole(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length: 2\r\n\r\n{}")
    assert (answer.status, body) == (200, b"{}")


def test_what_comes_after_an_answer_is_never_taken_for_the_next() -> None:
    # GIVEN bytes behind the end
    _, body, keeps = whole(OK + b"content-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n")
    # THEN they aren't read, and the connection isn't used again
    assert (body, keeps) == (b"{}", False)


def test_a_refusal_without_a_length_is_read_to_the_connections_end() -> None:
    answer, body, keeps = whole(b"HTTP/1.0 503 Busy\r\n\r\n<html>", b"busy</html>")
    assert (answer.status, body, keeps) == (503, b"<html>busy</html>", False)


def test_a_wait_that_took_too_long_loses_nothing() -> None:
    # GIVEN an answer that comes slowly, in the middle of its head, of a chunk's size and of a chunk
    slowly = [OK, b"", b"transfer-encoding: chunked\r\n\r\n1", b"", b"0\r\n0123", b"", b"456789abcdef\r\n0\r\n\r\n"]
    connection = Pieces(*slowly)
    answer = Answer(connection)
    # WHEN whoever waits comes back each time
    with pytest.raises(TimedOut):
        answer.head(0)
    answer.head(0)
    with pytest.raises(TimedOut):
        answer.piece(0)
    first = answer.piece(0)
    with pytest.raises(TimedOut):
        answer.piece(0)
    # THEN it is whole
    assert first + answer.piece(0) == b"0123456789abcdef"
    assert answer.piece(0) == b""


def test_heads_and_bodies_are_bounded() -> None:
    # GIVEN a head and bodies without an end
    with pytest.raises(BrokenOff, match="head is too large"):
        whole(OK, *[b"x-filler: " + b"y" * 1000 + b"\r\n"] * 100)
    framings = {b"content-length: 2000": b"x" * 2000, b"transfer-encoding: chunked": b"64\r\n" + b"x" * 100}
    for framing, body in framings.items():
        # WHEN they are read whole THEN it stops at the limit
        connection = Pieces(OK + framing + b"\r\n\r\n", body, *[b"\r\n64\r\n" + b"x" * 100] * 100)
        answer = Answer(connection)
        answer.head(0)
        with pytest.raises(BrokenOff, match="too large"):
            answer.read(0, 1000)
        assert connection.kept is False
