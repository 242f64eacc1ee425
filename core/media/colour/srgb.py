"""From any picture that Pillow loads to upright 8-bit sRGB."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

from core.errors import UnsupportedMedia
from core.media.colour import icc
from core.media.colour.tags import Colours

# Modes that LittleCMS takes as they are, and Lab, which Pillow converts with its help.
_MANAGED = frozenset(("L", "RGB", "CMYK", "LAB"))
_TRANSPARENT_GREY = frozenset(("L", "LA", "La"))


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a loaded picture becomes pixels."""

    colours: Colours = field(default_factory=Colours)
    turn: Image.Transpose | None = None
    divisor: int = 1  # each side becomes this many times shorter


def render(image: Image.Image, how: Rendering) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """(h, w, 3) uint8 RGB in sRGB, read-only, and the notes that belong to it.

    Transparency is laid over white, as a page shows it. 16-bit greyscale keeps its high byte.
    Raises :class:`UnsupportedMedia` for 32-bit integers and floats: their white is unknown.
    """
    colour, alpha = _split(image)
    if how.divisor > 1:  # first: what follows costs time and memory for every pixel
        colour = colour.reduce(how.divisor)
        alpha = None if alpha is None else alpha.reduce(how.divisor)
    colour, notes = _to_srgb(colour, how.colours)
    if alpha is not None:
        page = Image.new("RGB", colour.size, (255, 255, 255))
        page.paste(colour, mask=alpha)
        colour = page
    if how.turn is not None:
        colour = colour.transpose(how.turn)
    return np.asarray(colour, dtype=np.uint8), notes


def is_16_bit(image: Image.Image) -> bool:
    """True for greyscale of 16 bits, which Pillow converts to nothing else without harm."""
    return image.mode.startswith("I;16")


def high_bytes(image: Image.Image) -> Image.Image:
    """16-bit greyscale as L: the high byte of every sample.

    In a TIFF 0 may stand for white, which Pillow heeds with 8 bits alone.
    """
    samples = np.asarray(image).astype(np.uint16)
    if isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0:
        samples = ~samples
    return Image.fromarray((samples >> 8).astype(np.uint8))


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """A picture in one of the managed modes, and its alpha channel where it has one."""
    if image.mode in ("I", "F"):
        raise UnsupportedMedia(
            f"The picture has 32-bit samples (mode {image.mode}) without a defined range; "
            "save it with 8 or 16 bits per channel."
        )
    if is_16_bit(image):
        return high_bytes(image), None
    if image.has_transparency_data:
        grey = image.mode in _TRANSPARENT_GREY
        layer = image.convert("RGBA")
        colour = layer.convert("RGB")
        return (colour.getchannel(0) if grey else colour), layer.getchannel("A")
    if image.mode in _MANAGED:
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _to_srgb(image: Image.Image, colours: Colours) -> tuple[Image.Image, tuple[str, ...]]:
    notes = ("hdr_tone_mapped",) if colours.hdr else ()
    if colours.profile is not None:
        try:
            return icc.to_srgb(image, colours.profile), notes
        except icc.ProfileUnusable:
            notes = ("icc_profile_ignored",)
    elif colours.broken:
        notes = ("icc_profile_ignored",)
    return (image if image.mode == "RGB" else image.convert("RGB")), notes
