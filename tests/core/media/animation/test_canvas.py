"""Animations are painted as their specifications say, compared with a painter of a few lines."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from core.media.frames import open_media
from tests.still_factory import png_chunk

WIDTH, HEIGHT = 24, 16
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """A patch of (h, w, 4) uint8 RGBA; ``disposal`` is 0 keep, 1 clear, 2 restore."""

    left: int
    top: int
    rgba: Pixels
    disposal: int
    over: bool


def pictures(seed: int, *, whole_first: bool, alphas: tuple[int, ...]) -> list[Picture]:
    draw = random.Random(seed)
    made = []
    for number in range(draw.randint(2, 7)):
        width, height = draw.randint(1, WIDTH), draw.randint(1, HEIGHT)
        if number == 0 and whole_first:
            width, height = WIDTH, HEIGHT
        left, top = draw.randint(0, WIDTH - width), draw.randint(0, HEIGHT - height)
        rgba = np.zeros((height, width, 4), np.uint8)
        rgba[...] = [draw.randrange(256) for _ in range(3)] + [draw.choice(alphas)]
        rgba[: height // 2, : width // 2, 3] = draw.choice(alphas)
        made.append(Picture(left, top, rgba, draw.randint(0, 2), draw.random() < 0.5))
    return made


def painted(shown: list[Picture]) -> list[NDArray[np.float64]]:
    """What a viewer shows over white (PNG third edition, section 11.3.6)."""
    canvas, frames = np.zeros((HEIGHT, WIDTH, 4)), []
    for picture in shown:
        before = canvas.copy()
        height, width = picture.rgba.shape[:2]
        area = np.s_[picture.top : picture.top + height, picture.left : picture.left + width]
        new, old = picture.rgba / 255, canvas[area]
        if picture.over:
            alpha = new[..., 3:] + old[..., 3:] * (1 - new[..., 3:])
            mixed = new[..., :3] * new[..., 3:] + old[..., :3] * old[..., 3:] * (1 - new[..., 3:])
            new = np.concatenate([mixed / np.where(alpha == 0, 1, alpha), alpha], axis=2)
        canvas[area] = new
        frames.append(255 * (canvas[..., :3] * canvas[..., 3:] + 1 - canvas[..., 3:]))
        if picture.disposal == 1:
            canvas[area] = 0
        elif picture.disposal == 2:
            canvas = before
    return frames


def as_png(shown: list[Picture]) -> bytes:
    chunks = [png_chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 6, 0, 0, 0))]
    chunks.append(png_chunk(b"acTL", struct.pack(">II", len(shown), 0)))
    sequence = 0
    for number, picture in enumerate(shown):
        height, width = picture.rgba.shape[:2]
        place = (width, height, picture.left, picture.top)
        how = (1, 10, picture.disposal, int(picture.over))
        chunks.append(png_chunk(b"fcTL", struct.pack(">5I2H2B", sequence, *place, *how)))
        pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in picture.rgba))
        if number:
            chunks.append(png_chunk(b"fdAT", struct.pack(">I", sequence + 1) + pixels))
        else:
            chunks.append(png_chunk(b"IDAT", pixels))
        sequence += 2 if number else 1
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + png_chunk(b"IEND", b"")


def as_gif(shown: list[Picture]) -> bytes:
    """Every picture as Pillow writes it alone, with its own place, palette and disposal."""
    out = b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0, 7, 0)
    for picture in shown:
        height, width = picture.rgba.shape[:2]
        flat = Image.fromarray((picture.rgba[..., 3] > 0).astype(np.uint8), "P")
        flat.putpalette([0, 0, 0, *map(int, picture.rgba[0, 0, :3])])
        alone = io.BytesIO()
        flat.save(alone, "GIF", optimize=False)
        data = alone.getvalue()
        palette_end = 13 + (3 << ((data[10] & 7) + 1))
        at = data.index(b"\x2c", palette_end)
        flags = bytes((0x80 | data[10] & 7 | data[at + 9] & 0x40,))
        control = (picture.disposal + 1) << 2 | 1
        out += b"\x21\xf9\x04" + bytes((control, 10, 0, 0, 0))
        out += b"\x2c" + struct.pack("<4H", picture.left, picture.top, width, height) + flags
        out += data[13:palette_end] + data[at + 10 : -1]
    return out + b";"


def difference(data: bytes, shown: list[Picture]) -> float:
    with open_media(data) as media:
        frames = [frame.pixels for frame in media.frames(50)]
    pairs = zip(frames, painted(shown), strict=True)
    return max(float(np.abs(mine - theirs).max()) for mine, theirs in pairs)


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_png_is_painted_as_specified(seed: int) -> None:
    shown = pictures(seed, whole_first=True, alphas=(0, 128, 255, 255))
    assert difference(as_png(shown), shown) <= 3


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_gif_is_painted_as_browsers_do(seed: int, whole_first: bool) -> None:
    shown = [
        Picture(each.left, each.top, each.rgba, each.disposal, over=True)
        for each in pictures(seed, whole_first=whole_first, alphas=(0, 255))
    ]
    assert difference(as_gif(shown), shown) <= 1


@pytest.mark.parametrize("sides", [(60, 4), (4, 60), (60, 60)])
def test_a_first_picture_of_a_gif_that_is_larger_than_its_screen_makes_it_larger(
    sides: tuple[int, int],
) -> None:
    shown = [Picture(0, 0, np.full((16, 24, 4), 255, np.uint8), 0, over=True)] * 2
    data = bytearray(as_gif(shown))
    struct.pack_into("<HH", data, 6, *sides)
    with open_media(bytes(data)) as media:
        assert (media.info.width, media.info.height) == (max(24, sides[0]), max(16, sides[1]))
        assert len(list(media.frames())) == 2


def test_what_lies_outside_of_the_canvas_is_cut_off() -> None:
    white = np.full((16, 24, 4), 255, np.uint8)
    red = np.zeros((8, 8, 4), np.uint8)
    red[...] = (255, 0, 0, 255)
    shown = [Picture(0, 0, white, 0, over=True), Picture(20, 12, red, 0, over=True)]
    with open_media(as_gif(shown)) as media:
        second = list(media.frames())[1].pixels
    assert second.shape == (16, 24, 3)
    assert second[12:, 20:].reshape(-1, 3).tolist() == [[255, 0, 0]] * 16


@pytest.mark.parametrize("disposal", [0, 1, 2])
@pytest.mark.parametrize("alpha", [0, 255])
def test_a_picture_beside_the_canvas_changes_nothing(disposal: int, alpha: int) -> None:
    white, red = np.full((16, 24, 4), 255, np.uint8), np.zeros((8, 8, 4), np.uint8)
    red[...] = (255, 0, 0, alpha)
    beside = Picture(WIDTH + 3, 2, red, disposal, over=True)
    shown = [Picture(0, 0, white, 0, over=True), beside, beside]
    with open_media(as_gif(shown)) as media:
        frames = list(media.frames())
    assert len(frames) == 3
    assert all((frame.pixels == 255).all() for frame in frames)
