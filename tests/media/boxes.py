"""What FFmpeg's muxer does not write into MP4 and MOV files, patched into its boxes.

All of it needs the ``moov`` box at the end of the file, where the muxer puts it unless told
otherwise: no chunk offset changes when it grows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

_VIDEO = ("moov", "trak")


def without(data: bytes, path: tuple[str, ...]) -> bytes:
    """Turn the box at ``path`` into free space."""
    start, _ = _find(data, path)
    return data[: start + 4] + b"free" + data[start + 8 :]


def cut_before(data: bytes, name: str) -> bytes:
    """The file up to a top-level box."""
    return data[: _find(data, (name,))[0]]


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """Rename the sample entry ``old``."""
    start, end = _find(data, (*_VIDEO, "mdia", "minf", "stbl", "stsd"))
    return data[:start] + data[start:end].replace(old, new, 1) + data[end:]


def edited(data: bytes, edits: Sequence[tuple[float, float]]) -> bytes:
    """Show only ``edits``, (start, length) in seconds, one after the other, without re-encoding.

    As phones and editors trim. A start is counted from the first picture; -1 stands for
    an empty edit, a wait before the film begins.
    """
    movie_scale = _number(data, _find(data, ("moov", "mvhd"))[0] + 20)
    media_scale = _number(data, _find(data, (*_VIDEO, "mdia", "mdhd"))[0] + 20)
    start, end = _find(data, (*_VIDEO, "edts"))
    first = _number(data, start + 8 + 20)  # media_time of the muxer's own edit: the reordering
    entries = b"".join(
        struct.pack(
            ">IiHH",
            round(length * movie_scale),
            -1 if begin < 0 else first + round(begin * media_scale),
            1,
            0,
        )
        for begin, length in edits
    )
    listed = _box(b"edts", _box(b"elst", struct.pack(">II", 0, len(edits)) + entries))
    return _replaced(data, _VIDEO, start, end, listed)


def lasting(data: bytes, seconds: float) -> bytes:
    """Claim another duration in the headers of the film and of its first track."""
    claimed = bytearray(data)
    for path in (("moov", "mvhd"), (*_VIDEO, "mdia", "mdhd")):
        start, _ = _find(data, path)
        ticks = round(seconds * _number(data, start + 20))
        claimed[start + 24 : start + 28] = struct.pack(">I", ticks)
    return bytes(claimed)


def first_sample_not_sync(data: bytes) -> bytes:
    """Strike the first entry of the table of keyframes."""
    path = (*_VIDEO, "mdia", "minf", "stbl")
    start, end = _find(data, (*path, "stss"))
    count = _number(data, start + 12)
    listed = _box(b"stss", struct.pack(">II", 0, count - 1) + data[start + 20 : end])
    return _replaced(data, path, start, end, listed)


def _replaced(data: bytes, parents: tuple[str, ...], start: int, end: int, box: bytes) -> bytes:
    grown = bytearray(data[:start] + box + data[end:])
    for depth in range(1, len(parents) + 1):
        parent, parent_end = _find(data, parents[:depth])
        grown[parent : parent + 4] = struct.pack(
            ">I", parent_end - parent + len(box) - (end - start)
        )
    return bytes(grown)


def _box(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", 8 + len(payload)) + name + payload


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _find(data: bytes, path: tuple[str, ...]) -> tuple[int, int]:
    """Where the first box of that path begins and ends."""
    start, end = -8, len(data)
    for name in path:
        start, end = next(
            (at, stop) for kind, at, stop in _children(data, start + 8, end) if kind == name
        )
    return start, end


def _children(data: bytes, at: int, end: int) -> Iterator[tuple[str, int, int]]:
    while at + 8 <= end:
        size = _number(data, at) or end - at
        yield data[at + 4 : at + 8].decode("latin-1"), at, at + size
        at += size
