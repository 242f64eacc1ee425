"""From uploaded bytes to a handful of pictures: the front of everything that decodes.

>>> with open_media(data) as media:                                  # doctest: +SKIP
...     print(media.info)
...     for frame in media.frames(count=10):
...         frame.pixels  # (h, w, 3) uint8 RGB

The bytes stay in memory; nothing is written to a disk and nothing else is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import TracebackType
from typing import Self

from core.media.animation import heif_sequences
from core.media.animation.animations import Animation, shown_for_ms
from core.media.film.video import VideoMedia
from core.media.limits import MediaInfo, MediaLimits
from core.media.sampling import Coverage, Frame
from core.media.sniff import HEAD_BYTES, sniff
from core.media.still.images import StillMedia
from core.options import Sampling

__all__ = ["Frame", "Media", "open_media"]


class Media:
    """An opened file: what it is, and its frames. Close it, or use it in a ``with``."""

    def __init__(self, source: StillMedia | Animation | VideoMedia) -> None:
        self._source = source

    @property
    def info(self) -> MediaInfo:
        """What the file is; its notes are complete once the frames were taken."""
        return self._source.info

    @property
    def coverage(self) -> Coverage:
        """Which moments the last call of :meth:`frames` answered, once it has ended."""
        return self._source.coverage

    def frames(self, count: int = 10, sampling: Sampling = Sampling.KEYFRAMES) -> Iterator[Frame]:
        """Yield up to ``count`` frames of a video, the one picture of an image.

        Frames are spread evenly: one for the centre of each of ``count`` equal slices of the
        duration. They rise strictly in index and timestamp; a video with fewer frames gives
        each once; a damaged or cut one gives those that decode. One frame at a time is in
        memory, so that 4K costs no more than it must.

        Raises :class:`UnreadableMedia` when no frame decodes, and the errors of the limits.
        """
        if count < 1:
            raise ValueError(f"count is {count}; ask for at least 1 frame")
        if isinstance(self._source, VideoMedia):
            return self._source.frames(count, Sampling(sampling))
        if isinstance(self._source, Animation):
            return self._source.frames(count)
        return self._source.frames()

    def close(self) -> None:
        if isinstance(self._source, VideoMedia):
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@cache
def _usual_limits() -> MediaLimits:
    """Made once: counting the cores reads files, and training opens 10,000 pictures a minute."""
    return MediaLimits()


def open_media(data: bytes | bytearray | memoryview, limits: MediaLimits | None = None) -> Media:
    """Open an image or a video held in memory.

    Raises a :class:`MediaError`: empty, not a format that is taken, unreadable, or beyond one
    of ``limits``, all of which are checked before the work that they bound.
    """
    limits = limits or _usual_limits()
    view = memoryview(data).cast("B")
    limits.check_bytes(len(view))
    file_format = sniff(bytes(view[:HEAD_BYTES]))
    if file_format.is_picture:
        track = heif_sequences.track_alone(view, file_format)
        if track is not None:
            return Media(VideoMedia(track, file_format, limits))
        durations_ms = shown_for_ms(view, file_format, limits)
        if len(durations_ms) > 1:
            return Media(Animation(view, file_format, limits, durations_ms))
        return Media(StillMedia(view, file_format, limits))
    return Media(VideoMedia(view, file_format, limits))
