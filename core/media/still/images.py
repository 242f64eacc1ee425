"""Still pictures: header first, pixels only within the limits, always upright sRGB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.media.colour.srgb import Rendering, render
from core.media.colour.tags import colours_of
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.padding import without_padding
from core.media.sampling import Coverage, Frame
from core.media.sniff import Format, Kind
from core.media.still import companions, jpeg_files
from core.media.still.jpeg_files import JpegFile
from core.media.still.loading import load
from core.media.still.openers import open_picture
from core.media.still.orientation import swaps_sides, turn_of


@dataclass(frozen=True, slots=True)
class _Picture:
    """Decoded once; ``width`` and ``height`` are those of the file as it is displayed."""

    pixels: NDArray[np.uint8]
    width: int
    height: int
    notes: tuple[str, ...]


class StillMedia:
    """An image file; of several pictures inside (TIFF pages, bursts) the first or primary one."""

    def __init__(self, data: memoryview, file_format: Format, limits: MediaLimits) -> None:
        is_jpeg = file_format.name == "jpeg"
        self._data = without_padding(data, jpeg_files.LEAST_PADDING) if is_jpeg else data
        self._name = file_format.name
        self._limits = limits
        self.coverage = Coverage(answered=[0.0])
        with refusing(self._name.upper()):
            self._opened = open_picture(self._name, self._data)
            self._divisor = _divisor(self._opened, limits)

    @property
    def info(self) -> MediaInfo:
        """What the file is; it decodes the picture, which alone tells all of it."""
        picture, name = self._picture, self._name
        return MediaInfo(
            Kind.IMAGE, name, name, None, picture.width, picture.height, notes=picture.notes
        )

    def frames(self) -> Iterator[Frame]:
        """The one picture. Raises :class:`UnreadableMedia` when it is damaged or cut."""
        yield Frame(index=0, timestamp_s=0.0, keyframe=True, pixels=self._picture.pixels)

    @cached_property
    def _picture(self) -> _Picture:
        with refusing(self._name.upper()), self._opened as image:
            return self._decoded(image)

    def _decoded(self, image: Image.Image) -> _Picture:
        notes = [*companions.notes_of(self._name, self._data)]
        if self._divisor > 1:
            notes.append("decoded_at_reduced_size")
        loaded = load(image, self._data, self._divisor)
        self._limits.check_still(*loaded.size, reducible=isinstance(image, JpegFile))
        if loaded.cut:
            notes.append("truncated_file")
        turn = turn_of(image)
        how = Rendering(colours_of(image, self._data), turn, loaded.divisor)
        pixels, more = render(image, how)
        width, height = reversed(loaded.size) if swaps_sides(turn) else loaded.size
        return _Picture(pixels, width, height, (*notes, *more))


def _divisor(image: Image.Image, limits: MediaLimits) -> int:
    """By what each side is divided so that the picture has at most ``limits.max_pixels``."""
    width, height = image.size
    limits.check_still(width, height, reducible=isinstance(image, JpegFile))
    return next(
        by
        for by in jpeg_files.REDUCTIONS
        if -(-width // by) * -(-height // by) <= limits.max_pixels
    )
