"""The chunks of a RIFF file: WebP and AVI."""

from __future__ import annotations

from collections.abc import Iterator

_HEADER_BYTES = 12
_MAX_CHUNKS = 10_000


def chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk of the file itself as (name, content); the last one may be cut with the file."""
    yield from _inside(data, _HEADER_BYTES)


def parts(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk within a ``LIST`` chunk, behind the four bytes that name the list."""
    yield from _inside(content, 4)


def _inside(data: memoryview, at: int) -> Iterator[tuple[bytes, memoryview]]:
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield bytes(data[at : at + 4]), data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
