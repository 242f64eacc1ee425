"""GIF and animated WebP: timed from their blocks, painted by Pillow.

Every picture of an animation is painted over the one before, so frames cannot be reached by a
seek. The times are read from the block headers alone, which costs no pixels, and then the
animation is painted up to the last frame that is wanted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from PIL import GifImagePlugin, Image, WebPImagePlugin

from core.errors import UnreadableMedia
from core.media.byte_reader import ByteReader
from core.media.images import to_rgb
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.sampling import Coverage, Frame, moments
from core.media.sniff import Format, Kind

_SHORTEST_MS = 10  # browsers show frames of up to 10 ms for 100 ms
_BROWSER_MS = 100


class Animation:
    """An animated image as a film; one frame alone makes it a still image."""

    def __init__(self, data: memoryview, file_format: Format, limits: MediaLimits) -> None:
        self._data = data
        self._format = file_format
        self._limits = limits
        self.coverage = Coverage()
        durations = []
        timing = gif_durations(data) if file_format.name == "gif" else webp_durations(data)
        for duration in timing:
            durations.append(duration if duration > _SHORTEST_MS else _BROWSER_MS)
            limits.check_frames(len(durations))
        self._starts = [0, *accumulate(durations)]
        with refusing(file_format.name.upper()), self._open() as image:
            width, height = image.size
        limits.check_pixels(width, height)
        limits.check_duration(self._starts[-1] / 1000)
        moving = len(durations) > 1
        self.info = MediaInfo(
            kind=Kind.VIDEO if moving else Kind.IMAGE,
            container=file_format.name,
            codec=file_format.name,
            duration_s=self._starts[-1] / 1000 if moving else None,
            width=width,
            height=height,
            frames_total=len(durations) if moving else None,
        )

    def frames(self, count: int) -> Iterator[Frame]:
        """Up to ``count`` frames in order; painting stops at the first damaged one."""
        asked = {moment: self._at(moment) for moment in moments(self._starts[-1], count)}
        wanted = sorted(set(asked.values()))
        if len(self._starts) - 1 <= count:
            wanted = list(range(max(1, len(self._starts) - 1)))
        given: set[int] = set()
        try:
            with refusing(self._format.name.upper()):
                for frame in self._paint(wanted):
                    given.add(frame.index)
                    yield frame
        except UnreadableMedia:
            if not given:
                raise
        answered = [moment / 1000 for moment, index in asked.items() if index in given]
        self.coverage = Coverage(answered, missed=len(asked) - len(answered))

    def _at(self, moment_ms: int) -> int:
        return max(0, min(bisect_right(self._starts, moment_ms), len(self._starts) - 1) - 1)

    def _paint(self, wanted: list[int]) -> Iterator[Frame]:
        chosen = set(wanted)
        with self._open() as image:
            for index in range(wanted[-1] + 1):
                if index:
                    try:
                        image.seek(index)
                    except EOFError:  # cut within the block after the last whole frame
                        return
                self._limits.check_pixels(*image.size)
                image.load()
                if index in chosen:
                    start = self._starts[index] / 1000
                    yield Frame(index, start, keyframe=index == 0, pixels=to_rgb(image))

    def _open(self) -> Image.Image:
        reader = ByteReader(self._data)
        if self._format.name == "gif":
            return GifImagePlugin.GifImageFile(reader)  # type: ignore[arg-type]
        return WebPImagePlugin.WebPImageFile(reader)  # type: ignore[arg-type]


def gif_durations(data: memoryview) -> Iterator[int]:
    """The milliseconds of every GIF frame, in order; ends where the bytes do."""
    if len(data) < 13:
        return
    at = 13 + _colour_table(data[10])
    delay_ms = 0
    while at < len(data):
        block = data[at]
        if block == 0x21 and at + 1 < len(data):
            if data[at + 1] == 0xF9 and at + 8 <= len(data):
                delay_ms = 10 * int.from_bytes(data[at + 4 : at + 6], "little")
            at = _past_sub_blocks(data, at + 2)
        elif block == 0x2C and at + 10 <= len(data):
            yield delay_ms
            delay_ms = 0
            at = _past_sub_blocks(data, at + 11 + _colour_table(data[at + 9]))
        elif block == 0x3B:
            return
        else:  # padding between blocks, as Pillow reads it
            at += 1


def _colour_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _past_sub_blocks(data: memoryview, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def webp_durations(data: memoryview) -> Iterator[int]:
    """The milliseconds of every frame of an animated WebP, in order."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if bytes(data[at : at + 4]) == b"ANMF" and at + 24 <= len(data):
            yield int.from_bytes(data[at + 20 : at + 23], "little")
        at += 8 + size + (size & 1)
