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

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with the box of its face; its bytes are kept where memory allows."""

    picture: Picture
    data: bytes | None  # None: read from the file at every look
    box: Box  # of what pixels() gives
    face_found: bool
    # Of a fake that is blended anew at every look: see self_blend.py.
    donors: Sequence[Sample] = field(default=(), repr=False, compare=False)
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
        return read_pixels(self.picture, data)

    def crop(self, size: int, margin: float) -> NDArray[np.uint8]:
        """The crop that serving would cut at a margin, (size, size, 3) uint8 RGB."""
        return crop_face(self.pixels(), self.box, size=size, margin=margin)


def read_pixels(picture: Picture, data: bytes) -> NDArray[np.uint8]:
    """Decode one picture with the decoder that serves and keep its middle: (h, w, 3) uint8 RGB.

    Raises :class:`UnreadableMedia`, with its name, when it cannot be decoded.
    """
    try:
        decoded = decode_wholly(data)
    except MediaError as error:
        raise UnreadableMedia(f"{picture.key} cannot be decoded: {error}") from error
    if picture.centre == 1:
        return decoded
    height, width = decoded.shape[:2]
    top, left = (
        min(round(side * (1 - picture.centre) / 2), (side - 1) // 2) for side in (height, width)
    )
    return decoded[top : height - top, left : width - left]
