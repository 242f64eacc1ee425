"""What the header of a JPEG claims, read without a library that decodes."""

from __future__ import annotations

import struct

_FRAME_MARKERS = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive


def claimed_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) of the frame header, so that nothing larger is ever unpacked.

    ITU-T T.81, annex B: segments of marker and length up to the start of the frame. None
    when there is no frame header before the first scan.
    """
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return height, width
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
