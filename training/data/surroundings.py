"""The part of a picture that a crop of its face can show, and no more pixels than that needs.

Blending, films and other round trips take time by the pixel, seconds for a photograph of twelve
million; what is far from the face is cut off again afterwards. Small pictures stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.faces.face import Box
from training.data.sample import Sample

_LARGEST = 1024  # px: pictures with a longer side are cut, and shrunk where the face is larger
_ROOM = 1.3  # of the widest crop: one that is shifted stays inside


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A face with what is around it."""

    pixels: NDArray[np.uint8]  # (h, w, 3) RGB
    box: Box  # of these pixels
    landmarks: NDArray[np.float64]  # (5, 2) or (0, 2): x and y in these pixels


def surroundings_of(sample: Sample, margin: float) -> Surroundings:
    """The pixels that crops of up to ``margin`` around the face can reach, and its place in them.

    ``margin`` is a fraction of the longer side of the face, on each end.
    """
    pixels = sample.pixels()
    height, width = pixels.shape[:2]
    points = np.asarray(sample.landmarks, np.float64).reshape(-1, 2) * (width, height)
    if max(height, width) <= _LARGEST:
        return Surroundings(pixels, sample.box, points)
    box = sample.box
    side = round(_ROOM * (1 + 2 * margin) * max(box.width * width, box.height * height, 1))
    left, columns = _span((box.left + box.width / 2) * width, side, width)
    top, rows = _span((box.top + box.height / 2) * height, side, height)
    placed = Box(
        (box.left * width - left) / columns,
        (box.top * height - top) / rows,
        box.width * width / columns,
        box.height * height / rows,
    )
    small = _shrunk(pixels[top : top + rows, left : left + columns])
    scale = np.array([small.shape[1] / columns, small.shape[0] / rows])
    return Surroundings(small, placed, (points - (left, top)) * scale)


def _span(middle: float, wanted: int, there: int) -> tuple[int, int]:
    """First place and length of a span about ``middle``, shifted to lie within ``there``."""
    length = min(wanted, there)
    return min(max(round(middle - length / 2), 0), there - length), length


def _shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = _LARGEST / max(pixels.shape[:2])
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
