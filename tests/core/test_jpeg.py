from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core import jpeg
from core.errors import UnreadableMedia
from core.jpeg_header import claimed_size


def test_colours_survive_in_rgb_order() -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 250
    back = jpeg.decode(jpeg.encode(red), size=32)
    assert np.abs(back.astype(int) - red).max() <= 4


def test_a_crop_of_another_size_is_refused() -> None:
    with pytest.raises(UnreadableMedia, match=r"\(32, 32\); expected \(64, 64\)"):
        jpeg.decode(jpeg.encode(np.zeros((32, 32, 3), np.uint8)), size=64)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF89a", b"\xff\xd8" + bytes(100)])
def test_bytes_that_are_no_jpeg_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableMedia):
        jpeg.decode(data, size=32)


def test_a_bomb_is_refused_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytearray(jpeg.encode(np.zeros((32, 32, 3), np.uint8)))
    header = bomb.index(b"\xff\xc0")
    bomb[header + 5 : header + 9] = (60_000).to_bytes(2) * 2
    monkeypatch.setattr("cv2.imdecode", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(UnreadableMedia, match="60000, 60000"):
        jpeg.decode(bytes(bomb), size=32)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("shape", "shown"),
    [((720, 1280), (720, 1280)), ((2000, 1000), (1280, 640)), ((10, 20), (10, 20))],
)
def test_a_preview_is_never_longer_than_its_side_and_never_enlarged(
    shape: tuple[int, int], shown: tuple[int, int]
) -> None:
    data = jpeg.preview(noise(*shape), side=1280, most_bytes=10**7)
    assert data is not None
    assert claimed_size(data) == shown


def test_a_preview_that_is_too_large_is_made_coarser_and_then_smaller() -> None:
    pixels = noise(720, 1280)
    full = jpeg.preview(pixels, side=1280, most_bytes=10**7)
    assert full is not None
    coarser = jpeg.preview(pixels, side=1280, most_bytes=len(full) - 1)
    assert coarser is not None
    assert claimed_size(coarser) == (720, 1280)
    smaller = jpeg.preview(pixels, side=1280, most_bytes=len(coarser) // 2)
    assert smaller is not None
    assert len(smaller) <= len(coarser) // 2
    assert claimed_size(smaller) == (360, 640)
    assert jpeg.preview(pixels, side=1280, most_bytes=100) is None
