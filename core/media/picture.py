"""One frame of FFmpeg's as it is displayed: RGB, upright, square pixels."""

from __future__ import annotations

from fractions import Fraction
from math import cos, radians, sin

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

_UNSPECIFIED_COLOURS = 2
_HD_HEIGHT = 720
_NEARLY_SQUARE = Fraction(1, 100)


def displayed_size(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height in pixels after stretching to square pixels and turning."""
    width, height = _stretched(frame, aspect)
    swapped, _, _ = _turn(frame)
    return (height, width) if swapped else (width, height)


def displayed(frame: VideoFrame, aspect: Fraction | None) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB. 10 and 12 bits are reduced to 8; HDR is not tone-mapped.

    Untagged colours are BT.709 from 720 lines up and BT.601 below, as players assume.
    """
    width, height = _stretched(frame, aspect)
    colours = None
    if frame.colorspace == _UNSPECIFIED_COLOURS and not frame.format.is_rgb:
        colours = Colorspace.ITU709 if frame.height >= _HD_HEIGHT else Colorspace.ITU601
    rgb = frame.reformat(
        width=width, height=height, format="rgb24", src_colorspace=colours, threads=1
    )
    pixels = np.asarray(rgb.to_ndarray(), dtype=np.uint8)
    swapped, flip_rows, flip_columns = _turn(frame)
    if swapped:
        pixels = pixels.transpose(1, 0, 2)
    if flip_rows:
        pixels = pixels[::-1]
    if flip_columns:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _stretched(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    if aspect is None or aspect <= 0 or abs(aspect - 1) < _NEARLY_SQUARE:
        return frame.width, frame.height
    if not Fraction(1, 4) <= aspect <= 4:  # no camera makes these; a hostile file does
        return frame.width, frame.height
    return max(1, round(frame.width * aspect)), frame.height


def _turn(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """The display matrix as (swap axes, then flip rows, then flip columns).

    ``VideoFrame.side_data`` must not be touched: PyAV frees the metadata of side data twice, and
    a PNG picture with a colour profile has some. ``rotation`` reads the matrix without them.
    """
    angle = radians(frame.rotation)
    a, b, c, d = cos(angle), -sin(angle), sin(angle), cos(angle)
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, b < 0, c < 0
    return False, d < 0, a < 0
