"""Colour management: pictures in any ICC colour space become sRGB, through LittleCMS.

A profile says what the numbers of a picture mean. Without it a Display P3 photo looks pale and
an Adobe RGB photo looks paler, and a detector that was fitted on sRGB pictures answers wrong.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

from core.media.syntax.byte_reader import ByteReader

MAX_PROFILE_BYTES = 4 * 1024**2  # profiles of printing presses have up to 3 MB
_NEARLY_SRGB = 3  # of 255: variants of the sRGB profile differ by no more
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # of the ICC header → Pillow's mode


class ProfileUnusable(Exception):
    """The profile is damaged, too large, or of another colour space than the picture."""


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an L, RGB or CMYK picture to RGB in sRGB.

    Intent: relative colorimetric with black point compensation, as editors show pictures. A
    profile that says sRGB in other words changes nothing. Raises :class:`ProfileUnusable`.
    """
    if not profile or len(profile) > MAX_PROFILE_BYTES:
        raise ProfileUnusable(f"{len(profile)} bytes; the limit is {MAX_PROFILE_BYTES}")
    mode = _SPACES.get(profile[16:20].decode("latin-1"))
    if mode == "RGB" and image.mode == "L":
        image = image.convert("RGB")  # editors keep the profile of a photo made grey
    if mode is None or mode != image.mode:
        raise ProfileUnusable(f"colour space {profile[16:20]!r} for a picture of {image.mode}")
    transform = _transform(profile, mode)
    if transform is None:
        return image.convert("RGB")
    return ImageCms.applyTransform(image, transform) or image


@lru_cache(maxsize=8)  # a film of 10 frames, or a data set from one camera, has one profile
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None when the profile is sRGB in other words."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(ByteReader(profile)),
            _srgb(),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileUnusable(str(error)) from error
    return None if mode != "CMYK" and _changes_little(transform, mode) else transform


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _changes_little(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether no colour of a cube of 17 x 17 x 17 moves by more than a hair."""
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(17, -1, 3)
    patch = Image.fromarray(cube if mode == "RGB" else cube[..., 0])
    moved = np.asarray(ImageCms.applyTransform(patch, transform), np.int16)
    return int(np.abs(moved - np.asarray(patch.convert("RGB"), np.int16)).max()) <= _NEARLY_SRGB
