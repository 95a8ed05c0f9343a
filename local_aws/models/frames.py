"""AWS's event-stream encoding.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html has the frame's layout: total length,
length of the headers, CRC32 of those eight bytes, headers, payload, CRC32 of all before it; big-endian.
"""

import struct
import zlib

_STRING = 7
"""The only header value type in use here."""

PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
"""Bedrock pads payloads with a prefix of this, so that a frame's length doesn't betray a token's."""


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One frame, headers in the order given."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))


def event(kind: str, payload: bytes, content_type: str = "application/json") -> bytes:
    """A frame that carries an event."""
    return frame({":event-type": kind, ":content-type": content_type, ":message-type": "event"}, payload)


def exception(kind: str, payload: bytes) -> bytes:
    """A frame that ends the stream with an exception; `kind` is the member's name in the service model."""
    return frame({":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}, payload)


def corrupted(good: bytes) -> bytes:
    """The frame with its checksum spoilt."""
    return good[:-1] + bytes([good[-1] ^ 0xFF])


def padding(seed: int) -> str:
    """Between 4 and 62 characters of padding, decided by `seed`."""
    return PADDING[: 4 + seed * 7 % 59]
