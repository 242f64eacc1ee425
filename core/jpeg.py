"""JPEG, the only form in which pixels leave the process that touches uploads.

The same encoding stands between crop and tensor in training, evaluation and serving,
so the detector never meets a compression that it was not fitted on.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia

QUALITY = 95  # transparent for the detector: see docs/decisions/0004-jpeg-between-processes.md


def encode(pixels: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """Compress (h, w, 3) uint8 RGB to a baseline JPEG without chroma subsampling."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    done, buffer = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise UnreadableMedia(f"A picture of shape {pixels.shape} could not be encoded as JPEG.")
    return buffer.tobytes()


def decode(data: bytes, *, size: int) -> NDArray[np.uint8]:
    """Decompress one of our own JPEGs to (size, size, 3) uint8 RGB.

    Raises :class:`UnreadableMedia` when the bytes are no JPEG of exactly that size: they
    come from the sandboxed child, which is not trusted.
    """
    if data[:2] != b"\xff\xd8":
        raise UnreadableMedia("A face crop is no JPEG.")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None or pixels.shape != (size, size, 3):
        shape = None if pixels is None else pixels.shape
        raise UnreadableMedia(f"A face crop has shape {shape}; expected {(size, size, 3)}.")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
