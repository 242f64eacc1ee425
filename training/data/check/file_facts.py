"""What the file of a picture shows without looking at what is in the picture."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from core.errors import MediaError
from core.media.sniff import sniff
from training.data.check import jpeg_header
from training.data.integrity import Broken, decode_wholly, reason
from training.data.picture import Picture

HASH_SIDE = 16  # 256 bits; with 64, different portraits of one generator are 2 bits apart


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file; ``quality`` is None and ``subsampling`` empty where it is no JPEG."""

    picture: Picture
    size: int  # bytes
    width: int  # px
    height: int  # px
    format: str  # JPEG, PNG, HEIC, ...
    quality: int | None  # 1 to 100, estimated
    subsampling: str
    sha256: bytes
    hash: NDArray[np.uint8]  # (32,), the bits of the perceptual hash


def examine(picture: Picture) -> FileFacts | Broken:
    """Read and decode one file."""
    try:
        data = picture.path.read_bytes()
        pixels = decode_wholly(data)
    except (OSError, MediaError) as error:
        return Broken(picture, reason(error))
    kind = sniff(data).name.upper()
    jpeg = JpegImageFile(io.BytesIO(data)) if kind == "JPEG" else None
    height, width = pixels.shape[:2]
    return FileFacts(
        picture,
        len(data),
        width,
        height,
        kind,
        None if jpeg is None else jpeg_header.quality(jpeg),
        "" if jpeg is None else jpeg_header.subsampling(jpeg),
        hashlib.sha256(data).digest(),
        perceptual_hash(pixels),
    )


def perceptual_hash(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The signs of the lowest 16 x 16 frequencies, packed to (32,) uint8.

    The DCT hash of Zauner, "Implementation and benchmarking of perceptual image hash
    functions" (2010), as the package imagehash has it.
    """
    bits = imagehash.phash(Image.fromarray(pixels), hash_size=HASH_SIDE).hash
    return np.packbits(bits.ravel())
