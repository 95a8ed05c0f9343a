"""A zip that is the same bytes on every machine: nothing in it but names, modes and contents.

Written out by hand, because `zipfile` compresses with its Python's own zlib, whose builds differ. libdeflate gives the
same bytes on every platform, for one version of it (https://github.com/ebiggers/libdeflate/issues/400), which
`requirements/test.txt` pins. zopfli doesn't: its choices hang on a platform's floating point
(https://github.com/google/zopfli/issues/20).

The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import deflate

SMALLEST = 12
"""libdeflate's level that looks longest for the fewest bytes."""

VERSION = 20
"""2.0, the first that knows deflate."""

UNIX = 3
"""The high byte of "version made by": whose modes the external attributes hold."""

DEFLATED = 8
TEXT_IN_UTF8 = 1 << 11
MIDNIGHT, FIRST_OF_JANUARY_1980 = 0, 1 << 5 | 1
"""The first moment that a zip can express."""

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
CENTRAL_HEADER = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: where it is, its Unix mode with the file type, what is in it."""

    name: str
    mode: int
    content: bytes


def written(entries: Iterable[Entry]) -> bytes:
    """The zip, its entries in the order given."""
    files, directory = bytearray(), bytearray()
    number = 0
    for entry in entries:
        number += 1
        name = entry.name.encode()
        compressed = deflate.deflate_compress(entry.content, SMALLEST)
        sizes = (zlib.crc32(entry.content), len(compressed), len(entry.content), len(name))
        common = (VERSION, TEXT_IN_UTF8, DEFLATED, MIDNIGHT, FIRST_OF_JANUARY_1980, *sizes, 0)
        made_by, attributes = UNIX << 8 | VERSION, entry.mode << 16
        directory += CENTRAL_HEADER.pack(b"PK\1\2", made_by, *common, 0, 0, 0, attributes, len(files)) + name
        files += LOCAL_HEADER.pack(b"PK\3\4", *common) + name + compressed
    return bytes(files + directory + END.pack(b"PK\5\6", 0, 0, number, number, len(directory), len(files), 0))
