"""What FFmpeg's muxer does not write into AVI files, patched into their chunks."""

from __future__ import annotations

import struct

_KEYFRAME = 0x10  # AVIIF_KEYFRAME


def all_keyframes(data: bytes) -> bytes:
    """Say of every frame in the index that it is a keyframe."""
    listed = bytearray(data)
    start = data.rindex(b"idx1") + 8
    end = start + int.from_bytes(data[start - 4 : start], "little")
    for entry in range(start, end, 16):
        listed[entry + 4] |= _KEYFRAME
    return bytes(listed)


def without_index(data: bytes) -> bytes:
    """Leave the index out, as recorders do whose battery runs empty."""
    return data[: data.rindex(b"idx1")]


def of_frames(data: bytes, frames: int) -> bytes:
    """Claim another number of frames in the headers of the file and of its first stream."""
    claimed = bytearray(data)
    for name, offset in ((b"avih", 16), (b"strh", 32)):
        start = data.index(name) + 8 + offset
        claimed[start : start + 4] = struct.pack("<I", frames)
    return bytes(claimed)
