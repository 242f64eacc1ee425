"""What FFmpeg's muxer does not write into MKV and WebM files, patched into their elements."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SEEK_HEAD, CUES, DURATION, DEFAULT_DURATION = 0x114D9B74, 0x1C53BB6B, 0x4489, 0x23E383
_SEGMENT, _CLUSTER, _TRACKS, _TRACK_ENTRY = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE
_INFO, _VOID, _TIMESTAMP = 0x1549A966, 0xEC, 0xE7
_BLOCK_GROUP, _BLOCKS = 0xA0, (0xA1, 0xA3)
_CUE_POINT, _CUE_TIME, _CUE_PLACES, _CUE_TRACK, _CUE_CLUSTER = 0xBB, 0xB3, 0xB7, 0xF7, 0xF1
_MASTERS = {_SEGMENT, _CLUSTER, _INFO, _TRACKS, _TRACK_ENTRY, CUES, _BLOCK_GROUP}


@dataclass(frozen=True)
class Element:
    """Where an element begins, where its payload begins, and where both end."""

    name: int
    start: int
    payload: int
    end: int


def without(data: bytes, names: Sequence[int]) -> bytes:
    """Turn the elements of those names into empty space of the same size."""
    blank = bytearray(data)
    for element in _walk(data, 0, len(data)):
        if element.name in names:
            length = element.end - element.start
            size = (1 << 56 | length - 9) if length > 9 else (0x80 | length - 2)
            head = bytes([_VOID]) + size.to_bytes(8 if length > 9 else 1, "big")
            blank[element.start : element.start + len(head)] = head
    return bytes(blank)


def lasting(data: bytes, seconds: float) -> bytes:
    """Claim another duration."""
    element = next(found for found in _walk(data, 0, len(data)) if found.name == DURATION)
    return data[: element.payload] + struct.pack(">d", seconds * 1000) + data[element.end :]


def unsized(data: bytes) -> bytes:
    """Say of the segment and its clusters that their sizes are unknown, as browsers do."""
    open_ended = bytearray(data)
    for element in _walk(data, 0, len(data)):
        if element.name in (_SEGMENT, _CLUSTER):
            size_at = element.start + 4
            width = element.payload - size_at
            unknown = (1 << 7 * width | (1 << 7 * width) - 1).to_bytes(width, "big")
            open_ended[size_at : element.payload] = unknown
    return bytes(open_ended)


def with_half_the_cues(data: bytes) -> bytes:
    """Leave out the later half of the cues, as when a recording was interrupted."""
    cues = next(found for found in _walk(data, 0, len(data)) if found.name == CUES)
    points = list(_children(data, cues.payload, cues.end))
    kept = data[cues.payload : points[len(points) // 2].start]
    return _with_cues(data, kept)


def with_cues_for_every_frame(data: bytes) -> bytes:
    """List every frame of the first track, as ``mkvmerge --cues 0:all`` does."""
    segment = next(found for found in _walk(data, 0, len(data)) if found.name == _SEGMENT)
    points, cluster, time = [], 0, 0
    for element in _walk(data, segment.payload, segment.end):
        if element.name == _CLUSTER:
            cluster = element.start - segment.payload
        elif element.name == _TIMESTAMP:
            time = int.from_bytes(data[element.payload : element.end], "big")
        elif element.name in _BLOCKS:
            offset = int.from_bytes(
                data[element.payload + 1 : element.payload + 3], "big", signed=True
            )
            points.append((time + offset, cluster))
    return _with_cues(data, b"".join(_cue_point(*point) for point in sorted(points)))


def encrypted(data: bytes) -> bytes:
    """Mark the first track of a streamed file as encrypted with AES."""
    entry = next(found for found in _walk(data, 0, len(data)) if found.name == _TRACK_ENTRY)
    tracks = next(found for found in _walk(data, 0, len(data)) if found.name == _TRACKS)
    marks = _element(0x5031, b"\0") + _element(0x5032, b"\1") + _element(0x5033, b"\1")
    cipher = _element(0x5035, _element(0x47E1, b"\5") + _element(0x47E2, bytes(16)))
    track = data[entry.payload : entry.end] + _element(0x6D80, _element(0x6240, marks + cipher))
    listed = (
        data[tracks.payload : entry.start]
        + _element(_TRACK_ENTRY, track)
        + data[entry.end : tracks.end]
    )
    return data[: tracks.start] + _element(_TRACKS, listed) + data[tracks.end :]


def _with_cues(data: bytes, points: bytes) -> bytes:
    """Replace the cues, which FFmpeg writes behind everything else."""
    segment = next(found for found in _walk(data, 0, len(data)) if found.name == _SEGMENT)
    cues = next(found for found in _walk(data, 0, len(data)) if found.name == CUES)
    rest = data[cues.start : segment.end]
    body = (
        data[segment.payload : cues.start] + _element(CUES, points) + rest[cues.end - cues.start :]
    )
    return data[: segment.start] + _element(_SEGMENT, body)


def _cue_point(time: int, cluster: int) -> bytes:
    places = _element(_CUE_TRACK, b"\1") + _element(_CUE_CLUSTER, cluster.to_bytes(8, "big"))
    return _element(
        _CUE_POINT, _element(_CUE_TIME, time.to_bytes(8, "big")) + _element(_CUE_PLACES, places)
    )


def _element(name: int, payload: bytes) -> bytes:
    """Always with a size of eight bytes, as FFmpeg writes that of the segment."""
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return head + (1 << 56 | len(payload)).to_bytes(8, "big") + payload


def _walk(data: bytes, start: int, end: int) -> Iterator[Element]:
    """Every element, a master before its children."""
    for element in _children(data, start, end):
        yield element
        if element.name in _MASTERS:
            yield from _walk(data, element.payload, element.end)


def _children(data: bytes, at: int, end: int) -> Iterator[Element]:
    while at < end:
        name_width = 9 - data[at].bit_length()
        size_at = at + name_width
        size_width = 9 - data[size_at].bit_length()
        payload = size_at + size_width
        size = int.from_bytes(data[size_at:payload], "big") & ((1 << 7 * size_width) - 1)
        unknown = size == (1 << 7 * size_width) - 1
        stop = end if unknown else min(end, payload + size)
        yield Element(int.from_bytes(data[at:size_at], "big"), at, payload, stop)
        at = stop
