"""Whether a film is shown mirrored, as selfie cameras write it.

FFmpeg's display matrix says so, but no safe way leads to the matrix: see
:mod:`core.media.film.picture`.
"""

from __future__ import annotations

import struct

from core.media.film.packets import Film
from core.media.sniff import Format
from core.media.syntax.boxes import BoxReader
from core.media.syntax.ebml import EbmlReader

# Offsets of the identifier and the matrix in tkhd, and of the matrix in mvhd, by version
# (ISO/IEC 14496-12, sections 8.3.2 and 8.2.2).
_TRACK = {0: (12, 40), 1: (20, 52)}
_MOVIE = {0: 36, 1: 48}
# Video, Projection, ProjectionPoseYaw (RFC 9559, section 5.1.4.1.28.44).
_YAW = (0xE0, 0x7670, 0x7673)


def is_mirrored(data: memoryview, file_format: Format, film: Film) -> bool:
    """Whether the header of the film's track mirrors its pictures; False for other formats."""
    if file_format.name in ("mp4", "mov"):
        return _is_mirrored_iso(data, film.stream.id)
    if file_format.name in ("mkv", "webm"):
        return _is_mirrored_matroska(data, film.container.streams.video.index(film.stream))
    return False


def _is_mirrored_iso(data: memoryview, track_id: int) -> bool:
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


def _is_mirrored_matroska(data: memoryview, place: int) -> bool:
    """Whether the ``place``-th video track is turned by half around its upright axis."""
    elements = EbmlReader(data)
    for number, track in enumerate(elements.video_tracks()):
        if number == place:
            yaws = [elements.content(yaw) for yaw in elements.find(_YAW, track)]
            return any(abs(_float(yaw)) == 180 for yaw in yaws)
    return False


def _float(content: bytes) -> float:
    kind = {4: ">f", 8: ">d"}.get(len(content))
    return float(struct.unpack(kind, content)[0]) if kind else 0.0
