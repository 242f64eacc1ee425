"""The segments of a JPEG file before its first scan (ITU-T T.81, annex B)."""

from __future__ import annotations

from collections.abc import Iterator

APP1, APP11, COMMENT = 0xE1, 0xEB, 0xFE
_SCAN, _END = 0xDA, 0xD9
_MAX_SEGMENTS = 5_000  # a manifest of 300 MB has as many
_MAX_FILL_BYTES = 10_000  # before markers, in one file


def segments(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Every segment as (second byte of its marker, content), up to the pixels."""
    at, fill = 2, 0
    for _ in range(_MAX_SEGMENTS):
        while bytes(data[at : at + 2]) == b"\xff\xff" and fill < _MAX_FILL_BYTES:
            at, fill = at + 1, fill + 1
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] in (_SCAN, _END):
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4:
            return
        yield data[at + 1], data[at + 4 : end]
        at = end
