"""The chunks of a PNG file (PNG third edition, section 5.3), without their pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"))
_ABOUT_IT = frozenset((b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"eXIf"))


def chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk as (type, content); the last one may be cut with the file."""
    for name, start, end in _spans(data):
        yield name, data[start + 8 : end - 4]


def _spans(data: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Every chunk as (type, where it starts, where it ends by its own account).

    Ends at what is no chunk: an interrupted download may be padded with megabytes of zeros.
    """
    at = len(SIGNATURE)
    while (name := bytes(data[at + 4 : at + 8])).isalpha() and len(name) == 4:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield name, at, end
        at = end


def without_extras(data: memoryview) -> memoryview:
    """The file with only those chunks that decide how its picture looks.

    Pillow refuses a whole picture for a text of more than 1 MB, such as the workflow of an image
    generator, and for a wrong checksum of such a chunk; and it mixes up texts and properties of
    the picture. The profile is read by :mod:`core.media.colour.tags`.
    """
    kept = [SIGNATURE]
    for name, start, end in _spans(data):
        if name in _PICTURE or (name in _ABOUT_IT and _is_sound(data[start:end])):
            kept.append(bytes(data[start:end]))
    return memoryview(b"".join(kept))


def _is_sound(chunk: memoryview) -> bool:
    return len(chunk) >= 12 and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def before_pixels(data: memoryview, name: bytes) -> bytes | None:
    """The content of the first chunk of that type before the first ``IDAT``, where there is one."""
    for found, content in chunks(data):
        if found == name:
            return bytes(content)
        if found == b"IDAT":
            return None
    return None


def has_end(data: memoryview) -> bool:
    """Whether the last chunk that a PNG must have is there."""
    return any(name == b"IEND" for name, _ in chunks(data))


def packed(name: bytes, content: bytes | memoryview) -> bytes:
    """A chunk as it stands in a file."""
    check = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + bytes(content) + struct.pack(">I", check)
