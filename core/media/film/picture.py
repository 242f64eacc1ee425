"""One frame of FFmpeg's as it is displayed: RGB, upright, square pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import cos, radians, sin

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from numpy.typing import NDArray

from core.errors import UnsupportedMedia
from core.media.colour import hdr

# Matrices of ITU-T H.273, table 4. BT.2020's of constant luminance counts as the usual one.
_CONVERTED = frozenset((0, 1, 4, 5, 6, 7, 9))
_NOT_CONVERTED = {8: "YCgCo", 11: "YDzDx", 14: "ICtCp", 16: "YCgCo", 17: "YCgCo"}
_BT2020_CONSTANT = 10
_HD_WIDTH, _SD_HEIGHT = 1280, 576
_NEARLY_SQUARE = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class View:
    """How a player shows the pictures of a film, as its container says.

    ``aspect`` is the width of a pixel over its height; ``mirrored`` is what no picture of FFmpeg
    tells: its ``rotation`` is the same for a film that is turned and for one that is mirrored too.
    """

    aspect: Fraction | None = None
    mirrored: bool = False

    def size(self, frame: VideoFrame) -> tuple[int, int]:
        """Width and height in pixels after stretching to square pixels and turning."""
        width, height = self._stretched(frame)
        swapped, _, _ = self._turn(frame)
        return (height, width) if swapped else (width, height)

    def pixels(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """(h, w, 3) uint8 RGB in BT.709, as displayed. 10 and 12 bits are reduced to 8."""
        pixels = self._rgb(frame)
        swapped, flip_rows, flip_columns = self._turn(frame)
        if swapped:
            pixels = pixels.transpose(1, 0, 2)
        if flip_rows:
            pixels = pixels[::-1]
        if flip_columns:
            pixels = pixels[:, ::-1]
        return np.ascontiguousarray(pixels)

    def _rgb(self, frame: VideoFrame) -> NDArray[np.uint8]:
        width, height = self._stretched(frame)
        wide = hdr.needs_conversion(frame)
        rgb = frame.reformat(
            width=width,
            height=height,
            format="rgb48le" if wide else "rgb24",
            src_colorspace=_matrix(frame),
            threads=1,
        ).to_ndarray()
        if not wide:
            return np.asarray(rgb, dtype=np.uint8)
        return hdr.to_bt709(np.asarray(rgb, np.uint16), frame.color_trc, frame.color_primaries)

    def _stretched(self, frame: VideoFrame) -> tuple[int, int]:
        aspect = self.aspect
        if aspect is None or aspect <= 0 or abs(aspect - 1) < _NEARLY_SQUARE:
            return frame.width, frame.height
        if not Fraction(1, 4) <= aspect <= 4:  # no camera makes these; a hostile file does
            return frame.width, frame.height
        return max(1, round(frame.width * aspect)), frame.height

    def _turn(self, frame: VideoFrame) -> tuple[bool, bool, bool]:
        """The display matrix as (swap axes, then flip rows, then flip columns).

        The matrix maps (x, y) to (a x + c y, b x + d y). ``VideoFrame.side_data`` has it, and must
        not be touched: PyAV frees the metadata of side data twice, and a PNG picture with a
        colour profile has some. ``rotation`` reads a and b without them.
        """
        angle, side = radians(frame.rotation), -1 if self.mirrored else 1
        a, b = cos(angle), -sin(angle)
        c, d = -side * b, side * a
        if abs(b) > abs(a):
            return True, b < 0, c < 0
        return False, d < 0, a < 0


def _matrix(frame: VideoFrame) -> Colorspace | None:
    """The matrix that makes RGB of a frame, by its tag; None where FFmpeg needs no help.

    Of untagged colours, and of those with a tag that means nothing, players assume BT.709 for HD,
    by width or height, else BT.601. Raises :class:`UnsupportedMedia` for the matrices that FFmpeg
    cannot convert.
    """
    tag = frame.colorspace
    if tag in _CONVERTED or frame.format.is_rgb:
        return None
    if tag in _NOT_CONVERTED:
        raise UnsupportedMedia(
            f"The colours of the video are coded as {_NOT_CONVERTED[tag]}, which is not taken; "
            "encode it with the matrix of BT.709 or BT.2020."
        )
    if hdr.is_hdr(frame) or tag == _BT2020_CONSTANT:
        return Colorspace.BT2020
    hd = frame.width >= _HD_WIDTH or frame.height > _SD_HEIGHT
    return Colorspace.ITU709 if hd else Colorspace.ITU601
