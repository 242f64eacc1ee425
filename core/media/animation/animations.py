"""Animated GIF, WebP, PNG and AVIF: timed from their headers, then painted.

Every picture of a GIF, WebP or PNG is painted over the one before, so frames cannot be reached
by a seek. The times are read from the headers alone, which costs no pixels, and then the
animation is painted up to the last frame that is wanted: GIF and PNG on our own canvas, WebP by
libwebp. AVIF has keyframes to start from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice

from PIL import Image

from core.errors import UnreadableMedia
from core.media.animation.canvas import Canvas, Patch
from core.media.animation.durations import avif_durations, webp_durations
from core.media.animation.gif_patches import gif_patches, gif_size
from core.media.animation.png_patches import png_patches
from core.media.colour.srgb import Rendering, render
from core.media.colour.tags import colours_of
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.sampling import Coverage, Frame, moments
from core.media.sniff import Format, Kind
from core.media.still.openers import open_picture
from core.media.still.orientation import swaps_sides, turn_of

_PATCHES: dict[str, Callable[[memoryview], Iterator[Patch]]] = {
    "gif": gif_patches,
    "png": png_patches,
}
_DURATIONS: dict[str, Callable[[memoryview], Iterator[int]]] = {
    "webp": webp_durations,
    "avif": avif_durations,
}
_SHORTEST_MS = 10  # browsers show frames of up to 10 ms for 100 ms
_BROWSER_MS = 100


def shown_for_ms(data: memoryview, file_format: Format, limits: MediaLimits) -> list[int]:
    """How long every frame of an animation is shown, as browsers show it; empty for a still.

    Raises :class:`TooManyFrames`.
    """
    durations: list[int] = []
    with refusing(file_format.name.upper()):
        for duration in _durations(data, file_format.name):
            too_short = file_format.name != "avif" and duration <= _SHORTEST_MS
            durations.append(_BROWSER_MS if too_short else duration)
            limits.check_frames(len(durations))
    return durations


def _durations(data: memoryview, name: str) -> Iterator[int]:
    if name in _PATCHES:
        return (patch.duration_ms for patch in _PATCHES[name](data))
    return _DURATIONS[name](data) if name in _DURATIONS else iter(())


class Animation:
    """An animated image as a film."""

    def __init__(
        self,
        data: memoryview,
        file_format: Format,
        limits: MediaLimits,
        durations_ms: Sequence[int],
    ) -> None:
        self._data = data
        self._name = file_format.name
        self._limits = limits
        self._starts = [0, *accumulate(durations_ms)]
        self._rendering: Rendering | None = None
        self._cut = False
        self._notes: tuple[str, ...] = ()
        self.coverage = Coverage()
        limits.check_duration(self._starts[-1] / 1000)
        with refusing(self._name.upper()), open_picture(self._name, data) as image:
            self._size = gif_size(data) if self._name == "gif" else image.size
            limits.check_pixels(*self._size)

    @property
    def info(self) -> MediaInfo:
        """What the file is; complete once the frames were taken."""
        how = self._rendering or Rendering()
        width, height = reversed(self._size) if swaps_sides(how.turn) else self._size
        return MediaInfo(
            kind=Kind.VIDEO,
            container=self._name,
            codec=self._name,
            duration_s=self._starts[-1] / 1000,
            width=width,
            height=height,
            frames_total=len(self._starts) - 1,
            notes=(*self._notes, "truncated_file") if self._cut else self._notes,
        )

    def frames(self, count: int) -> Iterator[Frame]:
        """Up to ``count`` frames in order; painting stops at the first damaged one.

        Raises :class:`UnreadableMedia` when there is not one whole frame.
        """
        asked = {moment: self._at(moment) for moment in moments(self._starts[-1], count)}
        every = range(len(self._starts) - 1)
        wanted = list(every) if len(every) <= count else sorted(set(asked.values()))
        given: set[int] = set()
        try:
            with refusing(self._name.upper()):
                for frame in self._paint(wanted):
                    given.add(frame.index)
                    yield frame
        except UnreadableMedia:
            if not given:
                raise
        if not given:
            raise UnreadableMedia(
                f"The {self._name.upper()} animation ends before its first frame; send it again."
            )
        self._cut = len(given) < len(wanted)
        answered = [moment / 1000 for moment, index in asked.items() if index in given]
        self.coverage = Coverage(answered, missed=len(asked) - len(answered))

    def _at(self, moment_ms: int) -> int:
        return max(0, min(bisect_right(self._starts, moment_ms), len(self._starts) - 1) - 1)

    def _paint(self, wanted: list[int]) -> Iterator[Frame]:
        with open_picture(self._name, self._data) as header:
            if self._name not in _PATCHES:
                yield from self._seek(header, wanted)
                return
            canvas = Canvas(*self._size)
            patches = islice(_PATCHES[self._name](self._data), wanted[-1] + 1)
            for index, patch in enumerate(patches):
                self._limits.check_pixels(patch.width, patch.height)
                picture = canvas.paint(patch)
                if index in wanted:
                    yield self._frame(picture, index, header)

    def _seek(self, image: Image.Image, wanted: list[int]) -> Iterator[Frame]:
        """libwebp and libavif paint by themselves."""
        for index in wanted:
            image.seek(index)
            image.load()
            yield self._frame(image, index, image)

    def _frame(self, picture: Image.Image, index: int, header: Image.Image) -> Frame:
        if self._rendering is None:
            self._rendering = Rendering(colours_of(header, self._data), turn_of(header))
        pixels, self._notes = render(picture, self._rendering)
        return Frame(index, self._starts[index] / 1000, keyframe=index == 0, pixels=pixels)
