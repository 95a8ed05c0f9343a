"""Event-stream frames: cut at any boundary, read, written, and never believed when damaged."""

import struct
import zlib
from itertools import pairwise

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st
from llm_api.eventstream import CorruptStream, Decoder, Message, chunk, encode, event, exception

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
frames = st.builds(encode, st.dictionaries(names, st.text(max_size=60), max_size=4), st.binary(max_size=300))


def decoded(*pieces: bytes) -> list[Message]:
    decoder = Decoder()
    messages = [message for piece in pieces for message in decoder.messages(piece)]
    assert not decoder.incomplete
    return messages


@given(st.lists(frames, min_size=1, max_size=5), st.data())
def test_any_split_gives_the_same_frames(sent: list[bytes], data: st.DataObject) -> None:
    # GIVEN frames, and cuts anywhere
    stream = b"".join(sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]

    # WHEN the pieces are decoded one by one
    messages = decoded(*(stream[start:end] for start, end in pairwise(edges)))

    # THEN each frame is there as it was
    assert [message.raw for message in messages] == sent
    # AND the last doesn't promise another
    assert messages[-1].more is False
    assert [message.more for message in decoded(stream)] == [True] * (len(sent) - 1) + [False]


@given(st.dictionaries(names, st.text(max_size=60), max_size=4), st.binary(max_size=300))
def test_botocore_reads_what_is_written(headers: dict[str, str], payload: bytes) -> None:
    # GIVEN a frame of ours
    buffer = EventStreamBuffer()

    # WHEN botocore's own decoder reads it
    buffer.add_data(encode(headers, payload))
    message = next(buffer)

    # THEN it reads the same
    assert message.headers == headers
    assert message.payload == payload


@given(frames, st.data())
def test_one_turned_bit_is_never_a_frame(frame: bytes, data: st.DataObject) -> None:
    # GIVEN a frame with any one bit turned
    position = data.draw(st.integers(0, len(frame) * 8 - 1))
    damaged = bytearray(frame)
    damaged[position // 8] ^= 1 << position % 8

    # WHEN it is decoded
    # THEN it is refused
    with pytest.raises(CorruptStream):
        decoded(bytes(damaged))


def test_frames_before_the_damage_are_given_first() -> None:
    # GIVEN a good frame and garbage in one piece
    good = event("chunk", b"{}")
    messages = Decoder().messages(good + b"\x00" * 16)

    # WHEN they are read
    # THEN the good one comes, then the refusal
    assert next(messages).raw == good
    with pytest.raises(CorruptStream):
        next(messages)


def test_headers_of_other_types_are_passed_over() -> None:
    # GIVEN every type of header that there is
    others = [b"\x00", b"\x01", b"\x02\x05", b"\x03\x00\x05", b"\x04" + b"\x00" * 4, b"\x05" + b"\x00" * 8]
    others += [b"\x06\x00\x02ab", b"\x08" + b"\x00" * 8, b"\x09" + b"\x00" * 16]
    block = b"".join(b"\x01" + bytes([97 + index]) + value for index, value in enumerate(others))
    block += b"\x0b:event-type\x07\x00\x05chunk"
    lengths = struct.pack(">II", len(block) + 16, len(block))
    body = lengths + struct.pack(">I", zlib.crc32(lengths)) + block
    frame = body + struct.pack(">I", zlib.crc32(body))

    # WHEN the frame is read
    # THEN its string headers are there
    assert decoded(frame)[0].headers == {":event-type": "chunk"}


def test_a_length_beyond_all_measure_is_refused_at_once() -> None:
    # GIVEN a prelude that promises four gigabytes, with a correct checksum
    lengths = struct.pack(">II", 0xFFFFFFFF, 0)

    # WHEN it comes
    # THEN nobody waits for the rest
    with pytest.raises(CorruptStream):
        list(Decoder().messages(lengths + struct.pack(">I", zlib.crc32(lengths))))


def test_an_exception_is_written_as_bedrock_writes_it() -> None:
    # GIVEN an exception of ours
    message = decoded(exception("throttlingException", "Too many."))[0]

    # WHEN its headers are read
    # THEN they are those of the union's members, in their order
    assert list(message.headers.items()) == [
        (":exception-type", "throttlingException"),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    ]
    assert message.payload == b'{"message": "Too many."}'


@pytest.mark.parametrize(
    "payload", [b'{"bytes":"e30\\u003d","p":"a"}', b'{"p":"a", "bytes": "e30="}', b'{"bytes":"e30="}']
)
def test_a_chunk_is_read_however_it_is_written(payload: bytes) -> None:
    # GIVEN a chunk's JSON, as Bedrock writes it and as it might
    # THEN its bytes are the same
    assert chunk(payload) == b"{}"


def test_a_chunk_holds_the_models_bytes() -> None:
    # GIVEN Bedrock's JSON around base64, padding included
    # WHEN it is opened
    # THEN the model's own bytes are there
    assert chunk(b'{"bytes":"eyJhIjoxfQ==","p":"abcdef"}') == b'{"a":1}'


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"bytes": 1}', b'{"bytes": "%%%"}', b"{"])
def test_something_else_is_no_chunk(payload: bytes) -> None:
    # GIVEN another payload
    # WHEN it is opened
    # THEN it is refused
    with pytest.raises(CorruptStream):
        chunk(payload)
