"""The chunks of a PNG file (PNG third edition, section 5.3), without their pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk as (type, content); the last one may be cut with the file."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield bytes(data[at + 4 : at + 8]), data[at + 8 : at + 8 + size]
        at += 12 + size


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
