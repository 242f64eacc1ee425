"""HDR becomes the SDR picture that it was made of."""

from __future__ import annotations

import numpy as np
import pytest

from core.media.colour import hdr
from tests.core.media.films import film, info_of
from tests.media import hdr as signals

BT2020, P3 = 9, 12


def code_of(nits: float) -> int:
    """The 16-bit PQ code of some light (SMPTE ST 2084)."""
    powered = np.power(nits / 10_000, 0.1593017578125)
    ratio = (0.8359375 + 18.8515625 * powered) / (1 + 18.6875 * powered)
    return round(65535 * float(np.power(ratio, 78.84375)))


def grey(*nits: float) -> list[int]:
    codes = np.array([[[code_of(each)] * 3 for each in nits]], np.uint16)
    shown = hdr.to_bt709(codes, signals.PQ, BT2020)
    assert np.ptp(shown, axis=2).max() <= 1
    return [int(pixel[0]) for pixel in shown[0]]


def test_light_up_to_the_reference_white_is_shown_as_it_is() -> None:
    shown = grey(0, 203 * 0.5**2.4, 203)
    assert shown == pytest.approx([0, 127.5, 255], abs=2)


def test_brighter_light_is_bent_down_and_keeps_its_order() -> None:
    shown = grey(50, 150, 203, 400, 1000)
    assert shown == sorted(set(shown))
    assert shown[0] == grey(50)[0]
    assert shown[-1] == 255


def test_colours_that_bt709_cannot_show_become_its_purest() -> None:
    codes = np.array([[[code_of(0), code_of(100), code_of(0)]]], np.uint16)
    red, green, blue = hdr.to_bt709(codes, signals.PQ, BT2020)[0, 0]
    assert (red, blue) == (0, 0)
    assert green > 180


def test_wide_primaries_without_hdr_keep_greys() -> None:
    codes = np.full((1, 1, 3), 30_000, np.uint16)
    shown = hdr.to_bt709(codes, 1, P3)[0, 0]
    assert shown.tolist() == pytest.approx([30_000 / 65535 * 255] * 3, abs=1)


@pytest.mark.parametrize("name", ["mp4/hevc-pq", "mov/hevc-hlg", "webm/av1-pq"])
def test_a_film_that_was_tone_mapped_says_so(name: str) -> None:
    assert info_of(film(name)).notes == ("hdr_tone_mapped",)
