"""Pictures of every kind that is taken, small, made in code.

Each needs another part of Pillow, libheif or libtiff, which must be loaded before the decoder is
locked in.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any

from PIL import Image, ImageCms

from tests.media.scene import scene
from tests.media_factory import make_animation, save_image

_SIZE = (96, 72)


def still(name: str, mode: str = "RGB", profile: str | None = None, **options: Any) -> bytes:
    """The film's first frame as a picture; ``profile`` is a colour space of lcms."""
    image = Image.fromarray(scene(0, _SIZE))
    if mode == "LAB":
        spaces = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(image, *spaces, outputMode="LAB")
        image = converted or image
    else:
        image = image.convert(mode)
    if profile is not None:
        made = ImageCms.ImageCmsProfile(ImageCms.createProfile(profile))  # type: ignore[arg-type]
        options["icc_profile"] = made.tobytes()
    return save_image(image, name, **options)


def oriented(name: str) -> bytes:
    """A picture that its EXIF says lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return still(name, exif=exif)


def multi_picture() -> bytes:
    """A JPEG of two pictures (CIPA DC-007), as phones write with a depth map or a preview."""
    first, second = (Image.fromarray(scene(number, _SIZE)) for number in (0, 1))
    out = io.BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue()


STILLS: dict[str, Callable[[], bytes]] = {
    **{f"jpeg {mode}": partial(still, "jpeg", mode) for mode in ("RGB", "L", "CMYK")},
    "jpeg progressive": partial(still, "jpeg", progressive=True),
    "jpeg with a profile": partial(still, "jpeg", profile="sRGB"),
    "jpeg oriented": partial(oriented, "jpeg"),
    "jpeg of two pictures": multi_picture,
    **{
        f"png {mode}": partial(still, "png", mode)
        for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")
    },
    "png with a profile": partial(still, "png", profile="sRGB"),
    **{f"tiff {mode}": partial(still, "tiff", mode) for mode in ("RGB", "L", "CMYK", "LAB", "1")},
    **{
        f"tiff {compression}": partial(still, "tiff", compression=compression)
        for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd")
    },
    "tiff group4": partial(still, "tiff", "1", compression="group4"),
    "bmp": partial(still, "bmp"),
    "bmp P": partial(still, "bmp", "P"),
    "webp": partial(still, "webp"),
    "webp lossless": partial(still, "webp", "RGBA", lossless=True),
    "webp with a profile": partial(still, "webp", profile="sRGB"),
    "avif": partial(still, "avif"),
    "avif RGBA": partial(still, "avif", "RGBA"),
    "heic": partial(still, "heic"),
    "heic oriented": partial(oriented, "heic"),
    "gif": partial(still, "gif", "P"),
    **{
        f"{name} animated": partial(make_animation, 6, _SIZE, name)
        for name in ("gif", "webp", "png", "avif")
    },
}
