"""Every still format by its own Pillow class, never by ``Image.open``.

So a file can only be read as what it was sniffed to be, nothing is registered globally, and
Pillow's own process-wide pixel limit does not stand in the way of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from core.media.still.jpeg_files import JpegFile
from core.media.syntax import png_chunks
from core.media.syntax.byte_reader import ByteReader

_OPENERS: dict[str, Callable[[Any], Image.Image]] = {
    "jpeg": JpegFile,
    "png": PngImagePlugin.PngImageFile,
    "bmp": BmpImagePlugin.BmpImageFile,
    "tiff": TiffImagePlugin.TiffImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "avif": AvifImagePlugin.AvifImageFile,
}


def open_picture(name: str, data: memoryview) -> Image.Image:
    """Read the header of a file of that ``Format.name``; raises what the plugin raises."""
    image = _opener(name)(ByteReader(png_chunks.without_extras(data) if name == "png" else data))
    # Pillow would turn a picture by its XMP data too, which browsers do not.
    image.info.pop("xmp", None)
    return image


def _opener(name: str) -> Callable[[Any], Image.Image]:
    if name == "heic":
        # Slow to load, and few files are HEIC.
        from pillow_heif import HeifImageFile  # noqa: PLC0415

        return cast("Callable[[Any], Image.Image]", HeifImageFile)
    return _OPENERS[name]
