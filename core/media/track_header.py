"""What the header of an MP4 or MOV track says about showing its pictures."""

from __future__ import annotations

import struct

from core.media.boxes import BoxReader

# Offsets of the identifier and the matrix in tkhd, and of the matrix in mvhd, by version
# (ISO/IEC 14496-12, sections 8.3.2 and 8.2.2).
_TRACK = {0: (12, 40), 1: (20, 52)}
_MOVIE = {0: 36, 1: 48}


def is_mirrored(data: memoryview, track_id: int) -> bool:
    """Whether the display matrix of a track, or that of the whole film, mirrors its pictures.

    Selfie cameras do so. False where the file has no such track.
    """
    boxes = BoxReader(data)
    mirrored = False
    for header in boxes.find(b"moov/mvhd"):
        at = _MOVIE.get(boxes.version(header))
        mirrored ^= at is not None and _mirrors(boxes.content(header)[at:])
    for header in boxes.find(b"moov/trak/tkhd"):
        content = boxes.content(header)
        name, at = _TRACK.get(boxes.version(header), (0, None))
        if at is not None and int.from_bytes(content[name : name + 4], "big") == track_id:
            return mirrored ^ _mirrors(content[at:])
    return False


def _mirrors(matrix: memoryview) -> bool:
    """Whether the determinant of a, b, u, c, d (16.16 fixed point) is negative."""
    if len(matrix) < 20:
        return False
    a, b, _, c, d = struct.unpack(">5i", matrix[:20])
    return bool(a * d - b * c < 0)
