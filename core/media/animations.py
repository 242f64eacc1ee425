"""Animated GIF, WebP, PNG and AVIF: timed from their headers, painted by Pillow.

Every picture of a GIF, WebP or PNG is painted over the one before, so frames cannot be reached
by a seek. The times are read from the headers alone, which costs no pixels, and then the
animation is painted up to the last frame that is wanted. AVIF has keyframes to start from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from PIL import Image

from core.errors import UnreadableMedia
from core.media.colour import Rendering, render
from core.media.colour_tags import colours_of
from core.media.durations import avif_durations, gif_durations, png_durations, webp_durations
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.openers import open_picture
from core.media.orientation import swaps_sides, turn_of
from core.media.sampling import Coverage, Frame, moments
from core.media.sniff import Format, Kind

_DURATIONS: dict[str, Callable[[memoryview], Iterator[int]]] = {
    "gif": gif_durations,
    "webp": webp_durations,
    "png": png_durations,
    "avif": avif_durations,
}
_PAINTED_OVER = frozenset(("gif", "webp", "png"))
_SHORTEST_MS = 10  # browsers show frames of up to 10 ms for 100 ms
_BROWSER_MS = 100


def shown_for_ms(data: memoryview, file_format: Format, limits: MediaLimits) -> list[int]:
    """How long every frame of an animation is shown, as browsers show it; empty for a still.

    Raises :class:`TooManyFrames`.
    """
    durations: list[int] = []
    read = _DURATIONS.get(file_format.name)
    for duration in () if read is None else read(data):
        too_short = file_format.name in _PAINTED_OVER and duration <= _SHORTEST_MS
        durations.append(_BROWSER_MS if too_short else duration)
        limits.check_frames(len(durations))
    return durations


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
            limits.check_pixels(*image.size)
            self._size = image.size

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
        chosen = set(wanted)
        painted = range(wanted[-1] + 1) if self._name in _PAINTED_OVER else wanted
        with open_picture(self._name, self._data) as image:
            # A default image is shown by viewers that know no animated PNG, and is no frame.
            hidden = int(getattr(image, "default_image", False))
            for index in painted:
                try:
                    image.seek(index + hidden)
                except EOFError:  # cut within the block after the last whole frame
                    return
                self._limits.check_pixels(*image.size)
                image.load()
                if index in chosen:
                    yield self._frame(image, index)

    def _frame(self, image: Image.Image, index: int) -> Frame:
        if self._rendering is None:
            self._rendering = Rendering(colours_of(image, self._data), turn_of(image))
        pixels, self._notes = render(image, self._rendering)
        return Frame(index, self._starts[index] / 1000, keyframe=index == 0, pixels=pixels)
