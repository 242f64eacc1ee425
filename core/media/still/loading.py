"""Decoding the pixels of an opened still, as far as its bytes go, in the size that is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.media.still import jpeg_files
from core.media.still.jpeg_files import MAX_MISSING, JpegFile
from core.media.syntax import png_chunks


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a picture when its pixels were decoded."""

    size: tuple[int, int]  # of the picture in the file, before it is turned
    divisor: int  # by what its sides are still to be divided
    cut: bool  # the end of the file is missing


def load(image: Image.Image, data: memoryview, divisor: int) -> Loaded:
    """Decode a picture whose file may end a little early.

    Raises :class:`UnreadableMedia`, or what Pillow raises, when more than ``MAX_MISSING`` of the
    picture is missing.
    """
    if isinstance(image, JpegFile):
        size = image.size
        jpeg_files.reduce_early(image, divisor)
        image.load()
        cut = image.ran_out or jpeg_files.ends_early(image, data, divisor)
        if cut:
            jpeg_files.check_nearly_whole(data, divisor)
        return Loaded(size, 1, cut)
    if getattr(image, "default_image", False):
        image.seek(1)  # an animated PNG of one frame: the default image is not part of it
    try:
        image.load()
    except OSError:
        if _empty_rows(image) > MAX_MISSING:
            raise
        return Loaded(image.size, divisor, cut=True)
    # The size is asked for now: a HEIF file may only tell it with its pixels.
    return Loaded(image.size, divisor, image.format == "PNG" and not png_chunks.has_end(data))


def _empty_rows(image: Image.Image) -> float:
    """The share of rows that a decoder which gave up has left at zero; 1 when it never began."""
    image.tile = []  # type: ignore[attr-defined]  # Pillow: there is nothing more to decode
    try:
        pixels = np.asarray(image)
    except OSError:
        return 1.0
    return 1 - float(pixels.reshape(len(pixels), -1).any(axis=1).mean())
