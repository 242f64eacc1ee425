"""What the sample tables of an MP4, MOV or AVIF sequence claim, read before any decoder does.

A table of some bytes can claim four billion samples of equal size; FFmpeg would build a list
of 24 bytes for each before anybody could ask it how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from core.media.syntax.boxes import Box, BoxReader

_MOVING = (b"vide", b"pict")  # handlers of films, and of image sequences (ISO/IEC 23008-12)


def claimed_samples(data: memoryview) -> int:
    """The largest sample count that a video track of the file claims; 0 when none does."""
    boxes = BoxReader(data)
    counts = [
        int.from_bytes(boxes.content(table)[8:12], "big")
        for media in _moving_tracks(boxes)
        for name in (b"minf/stbl/stsz", b"minf/stbl/stz2")
        for table in boxes.find(name, media)
    ]
    return max(counts, default=0)


def sample_durations(data: memoryview) -> Iterator[Fraction]:
    """The seconds of every sample of the first moving track, in order of decoding."""
    boxes = BoxReader(data)
    for media in _moving_tracks(boxes):
        scale = _time_scale(boxes, media)
        for table in boxes.find(b"minf/stbl/stts", media):
            content = boxes.content(table)
            for at in range(8, len(content) - 7, 8):
                count = int.from_bytes(content[at : at + 4], "big")
                seconds = Fraction(int.from_bytes(content[at + 4 : at + 8], "big"), scale)
                for _ in range(count):
                    yield seconds
        return


def _moving_tracks(boxes: BoxReader) -> Iterator[Box]:
    """The ``mdia`` box of every track with pictures, or of one that does not say."""
    for media in boxes.find(b"moov/trak/mdia"):
        handlers = [bytes(boxes.content(box)[8:12]) for box in boxes.find(b"hdlr", media)]
        if not handlers or handlers[0] in _MOVING:
            yield media


def _time_scale(boxes: BoxReader, media: Box) -> int:
    """Ticks per second, at least 1; the header has 8-byte times in version 1."""
    for header in boxes.find(b"mdhd", media):
        content = boxes.content(header)
        at = 20 if boxes.version(header) == 1 else 12
        return max(1, int.from_bytes(content[at : at + 4], "big"))
    return 1
