"""How a JPEG was encoded, from its header: quality and chroma subsampling."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

_SUBSAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


def quality(image: JpegImageFile) -> int:
    """The libjpeg quality, 1 to 100, whose luminance table is nearest to that of the file.

    Exact for files of libjpeg; for tables of other makers (cameras, Photoshop) the nearest.
    """
    # Relative steps: a coarse table differs from the next by more than a fine one does.
    distance = np.abs(np.log(_tables()) - np.log(np.maximum(_luminance(image), 1))).sum(axis=1)
    return int(np.argmin(distance)) + 1


def subsampling(image: JpegImageFile) -> str:
    """``4:4:4``, ``4:2:2``, ``4:2:0``, ``grey`` or ``other``."""
    if image.layers == 1:
        return "grey"
    return _SUBSAMPLING.get(get_sampling(image), "other")


@cache
def _tables() -> NDArray[np.float64]:
    """The luminance tables of libjpeg by quality, (100, 64): asked of libjpeg itself."""
    return np.stack([_table(value) for value in range(1, 101)])


def _table(value: int) -> NDArray[np.float64]:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG", quality=value)
    file.seek(0)
    return _luminance(JpegImageFile(file))


def _luminance(image: JpegImageFile) -> NDArray[np.float64]:
    """The first quantization table, (64,)."""
    return np.asarray(image.quantization[min(image.quantization)], np.float64)
