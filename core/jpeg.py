"""JPEG, the only form in which pixels leave the process that touches uploads.

The same encoding stands between crop and tensor in training, evaluation and serving,
so the detector never meets a compression that it was not fitted on.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.jpeg_header import claimed_size

# Quality and divisor of the side of a preview, one tried after the other. At 80 a face shows no
# blocks on a screen; benchmarks/evidence.md has the bytes.
PREVIEWS = ((80, 1), (60, 1), (60, 2), (50, 4))
QUALITY = 95  # chosen, not measured: docs/decisions/0004-jpeg-between-processes.md


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


def preview(pixels: NDArray[np.uint8], *, side: int, most_bytes: int) -> bytes | None:
    """Compress a frame for people to look at; None where ``most_bytes`` are not enough.

    Parameters
    ----------
    pixels
        (h, w, 3) uint8 RGB of any size.
    side
        The most pixels on the longer side of the JPEG, which has half the chroma's resolution. A
        picture that is smaller is not enlarged.
    most_bytes
        Where the usual quality takes more, a lower one and then a smaller picture is tried.
    """
    for quality, smaller in PREVIEWS:
        shown = _shrunk(pixels, side // smaller)
        done, buffer = cv2.imencode(
            ".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if done and len(buffer) <= most_bytes:
            return buffer.tobytes()
    return None


def _shrunk(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """At most ``side`` pixels long; halved as often as that goes, which takes a fourth of the time
    of ``INTER_AREA`` at once and leaves nothing that a linear filter could miss."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    while max(pixels.shape[:2]) >= 2 * side:
        half = (max(pixels.shape[1] // 2, 1), max(pixels.shape[0] // 2, 1))
        pixels = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def decode(data: bytes, *, size: int) -> NDArray[np.uint8]:
    """Decompress one of our own JPEGs to (size, size, 3) uint8 RGB.

    Raises :class:`UnreadableMedia` when the bytes are no JPEG of exactly that size: they
    come from the sandboxed child, which is not trusted.
    """
    claimed = claimed_size(data)
    if claimed != (size, size):
        raise UnreadableMedia(f"A face crop claims to be {claimed}; expected {(size, size)}.")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None or pixels.shape != (size, size, 3):
        raise UnreadableMedia("A face crop cannot be decoded.")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
