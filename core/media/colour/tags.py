"""The ICC profile of a picture: the embedded one, or one made from shorter colour tags.

PNG, AVIF and HEIF may name their colours by numbers (ITU-T H.273, called CICP or nclx), PNG by
``cHRM`` and ``gAMA``, and cameras set to Adobe RGB say so in two EXIF tags. All of them become
an ICC profile here, so that one converter, LittleCMS, does all the arithmetic.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from PIL import ExifTags, Image

from core.media.colour import matrix_profile, nclx
from core.media.colour.icc import MAX_PROFILE_BYTES
from core.media.colour.matrix_profile import ADOBE_RGB, PRIMARIES, SRGB, Curve
from core.media.syntax.bmp_header import bmp_profile
from core.media.syntax.png_chunks import before_pixels

_CURVES = {4: Curve.GAMMA_22, 5: Curve.GAMMA_28, 8: Curve.LINEAR, 16: Curve.PQ, 18: Curve.HLG}
_NEARLY_SRGB_GAMMA = (0.43, 0.48)  # 1 / 2.2 stands for sRGB where a file says no more
_ADOBE_INTEROPERABILITY = "R03"  # DCF 2.0: the colour space of cameras that is not sRGB


@dataclass(frozen=True, slots=True)
class Colours:
    """``profile`` is None for sRGB; ``broken``: a profile is embedded that cannot be read."""

    profile: bytes | None = None
    broken: bool = False
    hdr: bool = False


def colours_of(image: Image.Image, data: memoryview) -> Colours:
    """What the numbers of an opened picture mean; ``data`` are all bytes of its file."""
    if image.format == "PNG":
        return _of_png(image, data)
    if image.format == "BMP":
        profile = bmp_profile(data)
        return Colours() if profile is None else _embedded(profile)
    if "icc_profile" in image.info:
        return _embedded(image.info["icc_profile"])
    if image.format in ("AVIF", "HEIF"):
        code = nclx.primary_code(data)
        return Colours() if code is None else _coded(*code)
    if "exif" in image.info and _is_adobe_rgb(image):
        return _built(ADOBE_RGB, Curve.GAMMA_22)
    return Colours()


def _embedded(profile: bytes | None) -> Colours:
    return Colours(profile) if profile else Colours(broken=True)


def _unpacked(chunk: bytes) -> bytes | None:
    """The profile in an ``iCCP`` chunk: a name, a zero, the method, and compressed bytes."""
    try:
        return zlib.decompressobj().decompress(chunk.partition(b"\0")[2][1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None


def _coded(primaries: int, transfer: int) -> Colours:
    """Of H.273 code points; the unknown ones count as sRGB, as in browsers."""
    space = PRIMARIES.get(primaries, SRGB)
    curve = _CURVES.get(transfer, Curve.SRGB)
    if space == SRGB and curve is Curve.SRGB:
        return Colours()
    return _built(space, curve)


def _of_png(image: Image.Image, data: memoryview) -> Colours:
    """In the order of precedence that the PNG specification gives (section 4.3)."""
    code = before_pixels(data, b"cICP")
    if code is not None and len(code) >= 4 and code[2] == 0:  # RGB, the only matrix allowed
        return _coded(code[0], code[1])
    packed = before_pixels(data, b"iCCP")
    if packed is not None:
        return _embedded(_unpacked(packed))
    if "srgb" in image.info:
        return Colours()
    space = image.info.get("chromaticity", SRGB)
    curve = Curve.SRGB if _is_srgb_gamma(image) else 1 / image.info["gamma"]
    moved = max(abs(x - y) for x, y in zip(space, SRGB, strict=True))
    return Colours() if moved <= 0.01 and curve is Curve.SRGB else _built(space, curve)


def _built(space: tuple[float, ...], curve: Curve | float) -> Colours:
    try:
        profile = matrix_profile.build(space, curve)
    except ValueError:
        return Colours(broken=True)
    return Colours(profile, hdr=curve in (Curve.PQ, Curve.HLG))


def _is_srgb_gamma(image: Image.Image) -> bool:
    low, high = _NEARLY_SRGB_GAMMA
    gamma = image.info.get("gamma")
    return not gamma or low <= gamma <= high


def _is_adobe_rgb(image: Image.Image) -> bool:
    try:
        exif = image.getexif()
        space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        if space in (None, 1):
            return False
        index = exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)
    except Exception:  # noqa: BLE001 - damaged EXIF data of any kind say nothing about colours
        return False
    return space == 2 or index == _ADOBE_INTEROPERABILITY
