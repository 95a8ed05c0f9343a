"""Images in and out: what format and size a picture has by its header, and small pictures made from a prompt."""

import hashlib
import random
import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """What an image's header says. Width and height are in pixels, None where the header can't be read."""

    format: str
    width: int | None = None
    height: int | None = None


def inspect(data: bytes) -> Picture | None:
    """Read an image's header; None where it is no PNG, JPEG, GIF or WebP."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return Picture("png", *struct.unpack("!II", data[16:24]))
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return Picture("gif", *struct.unpack("<HH", data[6:10]))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(data: bytes) -> Picture:
    """Walk the segments to the frame header (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack("!HH", data[at + 5 : at + 9])
            return Picture("jpeg", width, height)
        at += 2 + int(struct.unpack("!H", data[at + 2 : at + 4])[0])
    return Picture("jpeg")


def _webp(data: bytes) -> Picture:
    """The three kinds of WebP (RFC 9649, section 2)."""
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return Picture("webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if kind == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack("<HH", data[26:30])
        return Picture("webp", width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return Picture("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    return Picture("webp")


def paint(prompt: str, width: int, height: int, *, fine: bool = False) -> bytes:
    """A real PNG of the size asked for: eight bands of colours that the prompt decides, a few hundred bytes.

    Parameters:
        width, height: in pixels.
        fine: whether each pixel has a colour of its own, which makes a file as large as a photograph's, or larger.
    """
    palette = hashlib.sha256(prompt.encode()).digest()
    grain = random.Random(palette)
    rows = bytearray()
    for y in range(height):
        band = y * 8 // height
        rows += b"\x00" + (grain.randbytes(3 * width) if fine else palette[band * 3 : band * 3 + 3] * width)
    header = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 0 if fine else 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data)) for kind, data in chunks
    )
