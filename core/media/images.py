"""Still pictures: header first, pixels only within the limits, always upright RGB.

Every format is opened by its own Pillow class, never by ``Image.open``: so a file can only be
read as what it was sniffed to be, nothing is registered globally, and Pillow's own process-wide
pixel limit does not stand in the way of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.errors import UnsupportedMedia
from core.media.byte_reader import ByteReader
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.sampling import Coverage, Frame
from core.media.sniff import Format, Kind

_ORIENTATION_TAG = 0x0112
_OPENERS: dict[str, Callable[[Any], Image.Image]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class StillMedia:
    """An image file; of several pictures inside (APNG, TIFF pages, bursts) the first."""

    def __init__(self, data: memoryview, file_format: Format, limits: MediaLimits) -> None:
        self._data = data
        self._format = file_format
        self._limits = limits
        self.coverage = Coverage(answered=[0.0])
        with refusing(file_format.name.upper()), self._open() as image:
            width, height = image.size
            limits.check_pixels(width, height)
            # The TIFF plugin has swapped its size already.
            if file_format.name != "tiff" and orientation(image) >= 5:
                width, height = height, width
        self.info = MediaInfo(Kind.IMAGE, file_format.name, file_format.name, None, width, height)

    def frames(self) -> Iterator[Frame]:
        """The one picture. Raises :class:`UnreadableMedia` when it is damaged or cut."""
        with refusing(self._format.name.upper()), self._open() as image:
            self._limits.check_pixels(*image.size)
            image.load()
            pixels = to_rgb(upright(image))
        yield Frame(index=0, timestamp_s=0.0, keyframe=True, pixels=pixels)

    def _open(self) -> Image.Image:
        return _opener(self._format.name)(ByteReader(self._data))


def _opener(name: str) -> Callable[[Any], Image.Image]:
    if name == "heic":
        # Slow to load, and few files are HEIC.
        from pillow_heif import HeifImageFile  # noqa: PLC0415

        return cast("Callable[[Any], Image.Image]", HeifImageFile)
    return _OPENERS[name]


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; damaged EXIF data counts as 1, as in every viewer."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except (SyntaxError, ValueError, KeyError, TypeError, OSError, OverflowError):
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(image: Image.Image) -> Image.Image:
    """Turn a loaded picture as its EXIF data asks.

    Asked after loading, because the TIFF and HEIC plugins turn the picture themselves and
    then report orientation 1.
    """
    turn = _TURNS.get(orientation(image))
    return image if turn is None else image.transpose(turn)


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Convert any mode with a defined range to (h, w, 3) uint8 RGB.

    Transparency is laid over white, as a page shows it. 16-bit greyscale keeps its high byte.
    Raises :class:`UnsupportedMedia` for 32-bit integers and floats: their white is unknown.
    """
    if image.mode in ("I", "F"):
        raise UnsupportedMedia(
            f"The picture has 32-bit samples (mode {image.mode}) without a defined range; "
            "save it with 8 or 16 bits per channel."
        )
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        page = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        image = Image.alpha_composite(page, layer)
    return np.array(image.convert("RGB"), dtype=np.uint8)
