"""HEIF image sequences (ISO/IEC 23008-12, section 7): a film track, often beside a still picture.

libheif reads the still picture, FFmpeg reads the track as it reads that of an MP4.
"""

from __future__ import annotations

from core.media.sniff import Format, Kind
from core.media.syntax.boxes import BoxReader


def track_alone(data: memoryview, file_format: Format) -> memoryview | None:
    """The file without its still pictures; None when it is no sequence.

    The still pictures are hidden because FFmpeg would take them for streams too, and confuse them
    with a track of the same number.
    """
    if file_format.name != "heic" or file_format.kind is not Kind.VIDEO:
        return None
    boxes = {box.name: box for box in BoxReader(data).top()}
    if b"moov" not in boxes:
        return None
    if b"meta" not in boxes:
        return data
    copy = bytearray(data)  # sequences are small; a film of this size would be an MP4
    name_at = boxes[b"meta"].start - 4
    copy[name_at : name_at + 4] = b"free"
    return memoryview(copy)
