"""Stills come out upright, as 8-bit RGB, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.errors import UnreadableMedia, UnsupportedMedia
from core.media.frames import Frame, open_media
from core.media.sniff import Kind
from tests.media_factory import make_animation, make_image, picture, red_corner, save_image


def still(data: bytes) -> Frame:
    with open_media(data) as media:
        assert media.info.kind is Kind.IMAGE
        assert media.info.duration_s is None
        (frame,) = media.frames(10)
        assert frame.pixels.shape == (media.info.height, media.info.width, 3)
    return frame


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic"])
def test_every_format_gives_its_one_picture(name: str) -> None:
    frame = still(make_image(name))
    assert (frame.index, frame.timestamp_s, frame.keyframe) == (0, 0.0, True)
    assert np.abs(frame.pixels.astype(int) - picture(0, (64, 48))).mean() < 4


@pytest.mark.parametrize("name", ["jpeg", "png", "tiff", "webp", "avif"])  # HEIC has no such tag
@pytest.mark.parametrize(
    ("orientation", "corner", "size"),
    [
        (2, "top right", (64, 48)),
        (3, "bottom right", (64, 48)),
        (4, "bottom left", (64, 48)),
        (5, "top left", (48, 64)),
        (6, "top right", (48, 64)),
        (7, "bottom right", (48, 64)),
        (8, "bottom left", (48, 64)),
    ],
)
def test_a_turned_picture_is_shown_upright(
    name: str, orientation: int, corner: str, size: tuple[int, int]
) -> None:
    frame = still(make_image(name, orientation=orientation))
    assert frame.pixels.shape[1::-1] == size
    assert red_corner(frame.pixels) == corner


def test_damaged_exif_data_leaves_the_picture_as_it_is() -> None:
    assert still(make_image("jpeg", exif=b"Exif\0\0broken")).pixels.shape == (48, 64, 3)


def test_transparency_is_laid_over_white() -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (still(save_image(image, "png")).pixels == 255).all()


def test_a_palette_with_a_transparent_colour_is_laid_over_white() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert (still(save_image(image, "png", transparency=1)).pixels == 255).all()


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "CMYK"])
def test_other_modes_become_rgb(mode: str) -> None:
    frame = still(make_image("tiff" if mode == "CMYK" else "png", mode=mode))
    assert frame.pixels.shape == (48, 64, 3)


def test_cmyk_keeps_its_colours() -> None:
    image = Image.new("RGB", (16, 16), (200, 30, 30)).convert("CMYK")
    assert np.abs(still(save_image(image, "jpeg")).pixels.mean((0, 1)) - (200, 30, 30)).max() < 6


def test_16_bit_greyscale_keeps_its_high_byte() -> None:
    grey = Image.fromarray(np.full((8, 8), 0x8040, np.uint16))
    assert (still(save_image(grey, "png")).pixels == 0x80).all()


def test_samples_without_a_defined_range_are_refused() -> None:
    data = save_image(Image.fromarray(np.zeros((8, 8), np.float32)), "tiff")
    with open_media(data) as media, pytest.raises(UnsupportedMedia, match="mode F"):
        list(media.frames())


def test_an_animated_png_gives_its_first_picture() -> None:
    still(make_animation(format="png"))


def test_a_cut_picture_is_unreadable() -> None:
    data = make_image("jpeg", (200, 200), quality=95)
    with pytest.raises(UnreadableMedia, match="JPEG"), open_media(data[:-500]) as media:
        list(media.frames())
