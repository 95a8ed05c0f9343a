"""AWS event-stream messages, as far as this module needs them: cut a byte stream into frames, read and write one.

A frame is, big-endian: total length (u32), headers' length (u32), CRC-32 of those eight bytes, the headers, the
payload, and CRC-32 of everything before it
(https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the same encoding).
Frames are kept as they came, so that they can be passed on byte for byte.
"""

import base64
import binascii
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
_PRELUDE_BYTES = _PRELUDE.size
_OVERHEAD_BYTES = _PRELUDE_BYTES + _CRC.size
_MAX_FRAME_BYTES = 32 * 1024 * 1024
_CHUNK = b'{"bytes":"'
_STRING = 7
_FIXED_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header's value by type: booleans, integers, a timestamp and a UUID. Types 6 and 7 carry a length."""


class CorruptStream(ValueError):
    """The bytes are no event stream, or were damaged on the way."""


class Message:
    """One frame.

    Attributes:
        raw: the bytes as they came.
        event: its `:event-type`; None where it is an exception or an error.
        headers: the string headers.
        more: whether the next frame came with it.
    """

    __slots__ = ("event", "headers", "more", "payload", "raw")

    def __init__(self, raw: bytes, event: str | None, headers: Mapping[str, str], payload: bytes) -> None:
        self.raw, self.event, self.headers, self.payload, self.more = raw, event, headers, payload, False


class Decoder:
    """Cuts a stream into messages, wherever its pieces were split."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def incomplete(self) -> bool:
        """Whether the stream, if it ended now, would end inside a frame."""
        return bool(self._buffer)

    def messages(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes; to be read to the end before the next call.

        Raises:
            CorruptStream: after every whole message before the damage.
        """
        if self._buffer:
            self._buffer += data
            if _lengths(self._buffer) is None:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        start, size = 0, len(data)
        try:
            while lengths := _lengths(data, start):
                end = start + lengths[0]
                message = _parse(data[start:end], lengths[1])
                # If the next frame lies about its length, reading it will tell.
                message.more = size - end >= max(_OVERHEAD_BYTES, int.from_bytes(data[end : end + 4], "big"))
                start = end
                yield message
        finally:
            self._buffer += data[start:]


def _lengths(data: bytes | bytearray, start: int = 0) -> tuple[int, int] | None:
    """The lengths of the frame that begins at `start` and of its headers; None where it isn't whole yet."""
    if len(data) - start < _PRELUDE_BYTES:
        return None
    total, headers_length, prelude_crc = _PRELUDE.unpack_from(data, start)
    if zlib.crc32(data[start : start + 8]) != prelude_crc:
        raise CorruptStream("The checksum of a frame's prelude is wrong.")
    if not headers_length + _OVERHEAD_BYTES <= total <= _MAX_FRAME_BYTES:
        raise CorruptStream("A frame's lengths contradict each other.")
    return (total, headers_length) if len(data) - start >= total else None


def _parse(raw: bytes, headers_length: int) -> Message:
    if zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:], "big"):
        raise CorruptStream("The checksum of a frame is wrong.")
    headers_end = _PRELUDE_BYTES + headers_length
    return Message(raw, *_headers(raw[_PRELUDE_BYTES:headers_end]), raw[headers_end:-4])


@lru_cache(maxsize=32)
def _headers(data: bytes) -> tuple[str | None, Mapping[str, str]]:
    """A frame's event and headers. A stream's frames have the same ones over and over, so the latest are remembered."""
    headers: dict[str, str] = {}
    position = 0
    try:
        while position < len(data):
            name_end = position + 1 + data[position]
            name = data[position + 1 : name_end].decode()
            kind = data[name_end]
            position = name_end + 1
            if kind in _FIXED_SIZES:
                position += _FIXED_SIZES[kind]
                continue
            (length,) = _LENGTH.unpack_from(data, position)
            value = data[position + _LENGTH.size : position + _LENGTH.size + length]
            position += _LENGTH.size + length
            if kind == _STRING:
                headers[name] = value.decode()
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise CorruptStream("A frame's headers can't be read.") from error
    if position != len(data):
        raise CorruptStream("A frame's headers can't be read.")
    failed = ":exception-type" in headers or ":error-code" in headers
    if failed or headers.get(":message-type", "event") != "event":
        return None, headers
    return headers.get(":event-type", ""), headers


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame with string headers, in the order given."""
    block = bytearray()
    for name, value in headers.items():
        encoded_name, encoded_value = name.encode(), value.encode()
        block += bytes([len(encoded_name)]) + encoded_name
        block += bytes([_STRING]) + _LENGTH.pack(len(encoded_value)) + encoded_value
    lengths = struct.pack(">II", len(block) + len(payload) + _OVERHEAD_BYTES, len(block))
    body = lengths + _CRC.pack(zlib.crc32(lengths)) + block + payload
    return body + _CRC.pack(zlib.crc32(body))


def event(kind: str, payload: bytes) -> bytes:
    """An event frame, such as `chunk`, with a JSON payload."""
    return encode({":event-type": kind, ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind: str, message: str) -> bytes:
    """An exception frame. `kind` is the operation's own camelCase member, or boto3 shows neither code nor message."""
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return encode(headers, json.dumps({"message": message}).encode())


def chunk(payload: bytes) -> bytes:
    """The model's own bytes out of the payload of a `chunk` event, `{"bytes": base64, "p": padding}`.

    Raises:
        CorruptStream: the payload is something else.
    """
    if payload.startswith(_CHUNK):  # as Bedrock writes it; base64 has no quotes, so the next one is its end
        try:
            return binascii.a2b_base64(payload[len(_CHUNK) : payload.index(b'"', len(_CHUNK))], strict_mode=True)
        except ValueError:
            pass  # escapes, say
    try:
        return base64.b64decode(json.loads(payload.decode())["bytes"], validate=True)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptStream("A chunk can't be read.") from error
