"""A picture of a data set with the box of its face: what training and evaluation look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError, UnreadableMedia
from core.faces.detector import crop_face
from core.faces.face import Box
from training.data.integrity import decode_wholly
from training.data.picture import Picture

# Deep-funneled LFW has black rotated corners: only the middle is photograph.
_CENTRE = {"lfw": 0.76}
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with the box of its face; its bytes are kept where memory allows."""

    picture: Picture
    data: bytes | None  # None: read from the file at every look
    box: Box  # of what pixels() gives
    face_found: bool
    # Of a fake that is blended anew at every look: see blending.py.
    donors: Sequence[Sample] = field(default=(), repr=False, compare=False)
    centre: float = 1.0  # the share of each side that is photograph
    # (x, y) of eyes, nose and corners of the mouth, as fractions; empty where no face was found
    landmarks: tuple[tuple[float, float], ...] = ()

    def pixels(self) -> NDArray[np.uint8]:
        """Decode to (h, w, 3) uint8 RGB.

        Raises :class:`UnreadableMedia` when the file was lost or broken since it was checked.
        """
        data = self.data
        if data is None:
            try:
                data = self.picture.path.read_bytes()
            except OSError as error:
                raise UnreadableMedia(f"{self.picture.path} cannot be read: {error}.") from error
        return read_pixels(self.picture, data, self.centre)

    def crop(self, size: int) -> NDArray[np.uint8]:
        """The crop that serving would cut, (size, size, 3) uint8 RGB."""
        return crop_face(self.pixels(), self.box, size=size)


def centre_of(picture: Picture) -> float:
    """The share of each side, about the middle, that is photograph in pictures of its source."""
    return _CENTRE.get(picture.source.rpartition("/")[2], 1.0)


def read_pixels(picture: Picture, data: bytes, centre: float = 1.0) -> NDArray[np.uint8]:
    """Decode one picture with the decoder that serves and keep its middle: (h, w, 3) uint8 RGB.

    Raises :class:`UnreadableMedia`, with its name, when it cannot be decoded.
    """
    try:
        decoded = decode_wholly(data)
    except MediaError as error:
        raise UnreadableMedia(f"{picture.key} cannot be decoded: {error}") from error
    if centre < 1:
        height, width = decoded.shape[:2]
        top, left = (round(side * (1 - centre) / 2) for side in (height, width))
        decoded = decoded[top : height - top, left : width - left]
    return decoded
