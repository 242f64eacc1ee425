"""The moving picture that every film of the matrix shows.

A slow pan over scikit-image's astronaut, so that each frame differs from its neighbours and holds
a face; with a strip of strong colours along the upper edge, which a wrong conversion shifts; and
with the number of the frame written as twelve black or white bars along the lower edge, so that a
test can read which frame a decoder gave it.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

Pixels = NDArray[np.uint8]  # (h, w, 3) RGB
Size = tuple[int, int]  # width, height

SIZE: Size = (160, 120)
_BARS = 12
_STRIP = 0.13  # of the height
_COLOURS = ((220, 30, 30), (30, 200, 40), (40, 40, 220), (220, 200, 30), (200, 40, 200))
_PAN = 40  # pixels that the view moves to the right before it moves back


@cache
def _backdrop(size: Size) -> Pixels:
    width, height = size
    face = Image.fromarray(data.astronaut()).crop((0, 0, 512, 320))
    return np.asarray(face.resize((width + _PAN, height), Image.Resampling.LANCZOS))


def _bars(size: Size) -> list[tuple[slice, slice]]:
    """Rows and columns of each bar; the lowest bit is on the left."""
    width, height = size
    pitch = width * 0.9 / _BARS
    rows = slice(round(height * 0.82), round(height * 0.96))
    edges = [round(width * 0.05 + pitch * bar) for bar in range(_BARS + 1)]
    return [(rows, slice(left, right)) for left, right in pairwise(edges)]


def scene(number: int, size: Size = SIZE) -> Pixels:
    """Frame ``number`` of the film, counted from 0."""
    width, _ = size
    turn = number % (2 * _PAN)
    left = turn if turn < _PAN else 2 * _PAN - turn
    pixels = _backdrop(size)[:, left : left + width].copy()
    for patch, colour in enumerate(_COLOURS):
        edges = slice(width * patch // len(_COLOURS), width * (patch + 1) // len(_COLOURS))
        pixels[: round(size[1] * _STRIP), edges] = colour
    for bar, place in enumerate(_bars(size)):
        pixels[place] = 255 if number >> bar & 1 else 0
    return pixels


def number_shown(pixels: Pixels) -> int:
    """Which frame an upright picture of any size is."""
    height, width, _ = pixels.shape
    number = 0
    for bar, (rows, columns) in enumerate(_bars((width, height))):
        middle_rows = slice(rows.start + (rows.stop - rows.start) // 4, rows.stop - 2)
        quarter = (columns.stop - columns.start) // 4
        inner = pixels[middle_rows, columns.start + quarter : columns.stop - quarter]
        number |= int(inner.mean() > 128) << bar
    return number
