"""Stills come out upright, as 8-bit RGB, or not at all."""

from __future__ import annotations

import contextlib
import io
import struct
from functools import cache

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from skimage import data as examples

from core.errors import MediaError, UnreadableMedia, UnsupportedMedia
from core.media.frames import Frame, open_media
from core.media.limits import MediaLimits
from core.media.sniff import Kind
from tests.media_factory import (
    make_animation,
    make_image,
    picture,
    red_corner,
    save_image,
    shown_index,
)
from tests.still_factory import claiming, make_png


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


@pytest.mark.parametrize("name", ["jpeg", "tiff", "webp", "avif"])
def test_a_picture_is_not_turned_by_xmp_data(name: str) -> None:
    """No browser does; a PNG keeps its XMP data in a text, see test_png_chunks.py."""
    xmp = b'<rdf:Description tiff:Orientation="6"/>'
    assert still(make_image(name, xmp=xmp)).pixels.shape == (48, 64, 3)


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


@pytest.mark.parametrize(("white", "shown"), [(0, 0xDF), (1, 0x20)])
def test_white_may_be_0_in_a_tiff_of_16_bits(white: int, shown: int) -> None:
    grey = Image.fromarray(np.full((8, 8), 0x2040, np.uint16))
    data = save_image(grey, "tiff")
    entry = struct.pack("<HHII", 262, 3, 1, 1)  # PhotometricInterpretation: 0 is black
    assert data.count(entry) == 1
    data = data.replace(entry, struct.pack("<HHII", 262, 3, 1, white))
    assert (still(data).pixels == shown).all()


def test_samples_without_a_defined_range_are_refused() -> None:
    data = save_image(Image.fromarray(np.zeros((8, 8), np.float32)), "tiff")
    with open_media(data) as media, pytest.raises(UnsupportedMedia, match="mode F"):
        list(media.frames())


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_16_bit_pngs_keep_their_high_bytes(mode: str) -> None:
    samples = np.full((8, 8, 1 if mode == "L" else 3), 0x8040, ">u2")
    assert (still(make_png(samples)).pixels == 0x80).all()


def test_lab_keeps_its_colours() -> None:
    lab = ImageCms.profileToProfile(
        Image.new("RGB", (8, 8), (200, 150, 130)),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert lab is not None
    assert np.abs(still(save_image(lab, "tiff")).pixels.mean((0, 1)) - (200, 150, 130)).max() < 4


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic", "gif"])
def test_a_picture_of_one_pixel_is_a_picture(name: str) -> None:
    assert still(save_image(Image.new("RGB", (1, 1), (255, 255, 255)), name)).pixels.min() > 250


@pytest.mark.parametrize("name", ["png", "bmp", "jpeg"])
@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels_is_unreadable(name: str, size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableMedia), open_media(claiming(name, size)) as media:
        list(media.frames())


@pytest.mark.parametrize("missing", [12, 20])
def test_a_png_without_its_last_chunk_is_judged_and_noted(missing: int) -> None:
    whole = make_image("png")
    assert (still(whole[:-missing]).pixels == still(whole).pixels).all()
    assert notes(whole[:-missing]) == ("truncated_file",)
    assert notes(whole) == ()


@pytest.mark.parametrize("name", ["png", "bmp", "tiff", "gif"])
def test_a_picture_that_lacks_little_is_judged_and_noted(name: str) -> None:
    whole = save_image(Image.fromarray(examples.astronaut()), name)
    cut = whole[: len(whole) * 98 // 100]
    assert np.abs(still(cut).pixels.astype(int) - still(whole).pixels).mean() < 10
    assert notes(cut) == ("truncated_file",)


@pytest.mark.parametrize("name", ["png", "bmp", "tiff", "gif", "webp", "avif", "heic"])
def test_a_picture_that_lacks_a_large_part_is_unreadable(name: str) -> None:
    whole = save_image(Image.fromarray(examples.astronaut()), name)
    with pytest.raises(UnreadableMedia):
        notes(whole[: len(whole) * 85 // 100])


def test_a_second_page_is_noted_and_left_out() -> None:
    pages = [Image.fromarray(picture(index, (64, 48))) for index in (0, 9)]
    data = save_image(pages[0], "tiff", save_all=True, append_images=pages[1:])
    assert shown_index(still(data).pixels) == 0
    assert notes(data) == ("other_pages_ignored",)


def test_a_thumbnail_behind_a_tiff_is_no_page() -> None:
    pages = [Image.fromarray(picture(index, (64, 48))) for index in (0, 9)]
    pages[1].encoderinfo = {"tiffinfo": {254: 1}}
    data = save_image(pages[0], "tiff", save_all=True, append_images=pages[1:])
    assert notes(data) == ()


def test_a_second_page_that_cannot_be_read_spoils_nothing() -> None:
    pages = [Image.fromarray(picture(index, (64, 48))) for index in (0, 9)]
    data = bytearray(save_image(pages[0], "tiff", save_all=True, append_images=pages[1:]))
    first = int.from_bytes(data[4:8], "little")
    next_at = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    struct.pack_into("<I", data, next_at, len(data) - 3)
    assert shown_index(still(bytes(data)).pixels) == 0
    assert notes(bytes(data)) == ()


def test_the_primary_picture_of_a_heic_is_judged() -> None:
    file = pillow_heif.from_pillow(Image.fromarray(picture(2, (64, 48))))
    file.add_from_pillow(Image.fromarray(picture(11, (64, 48))))
    out = io.BytesIO()
    file.save(out, primary_index=1)
    assert shown_index(still(out.getvalue()).pixels) == 11


def test_a_photo_with_a_gain_map_is_judged_by_its_base() -> None:
    base = make_image("jpeg")
    gain_map = make_image("jpeg", (16, 12), mode="L")
    index = b"MPF\0" + b"II*\0\x08\0\0\0\0\0\0\0\0\0"
    segment = b"\xff\xe2" + struct.pack(">H", 2 + len(index)) + index
    ultra_hdr = base[:2] + segment + base[2:] + gain_map
    assert (still(ultra_hdr).pixels == still(base).pixels).all()
    assert notes(ultra_hdr) == ()


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic"])
def test_a_large_photo_is_judged_in_a_smaller_size(name: str) -> None:
    size = (640, 480)
    data = make_image(name, size)
    with open_media(data, MediaLimits(max_pixels=size[0] * size[1] // 3)) as media:
        (frame,) = media.frames()
        assert (media.info.width, media.info.height) == size
        assert media.info.notes == ("decoded_at_reduced_size",)
    assert frame.pixels.shape == (240, 320, 3)
    assert np.abs(frame.pixels.astype(int) - picture(0, (320, 240))).mean() < 4


def test_a_large_photo_is_turned_like_any_other() -> None:
    data = make_image("jpeg", (640, 480), orientation=6)
    with open_media(data, MediaLimits(max_pixels=100_000)) as media:
        (frame,) = media.frames()
        assert (media.info.width, media.info.height) == (480, 640)
    assert frame.pixels.shape == (320, 240, 3)
    assert red_corner(frame.pixels) == "top right"


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic", "gif"])
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files_give_a_picture_or_a_media_error(name: str, data: st.DataObject) -> None:
    whole = _damageable(name)
    broken = bytearray(whole[: data.draw(st.integers(1, len(whole)))])
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), max_size=8)):
        broken[place] = data.draw(st.integers(0, 255))
    limits = MediaLimits(max_pixels=1_000_000)
    with contextlib.suppress(MediaError), open_media(bytes(broken), limits) as media:
        for frame in media.frames(4):
            assert frame.pixels.ndim == 3
            assert frame.pixels.size <= 3 * limits.max_pixels


@cache
def _damageable(name: str) -> bytes:
    if name in ("gif", "webp", "avif"):
        return make_animation(4, (32, 32), name)
    return make_image(name, (32, 32))


def notes(data: bytes) -> tuple[str, ...]:
    with open_media(data) as media:
        return media.info.notes
