from __future__ import annotations

import numpy as np
import pytest

from core import jpeg
from core.errors import UnreadableMedia


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
