from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.model.explain import LEAST_LIMIT, layer, legend, overlay, render, scale_of

GREY = np.full((64, 64, 3), 128, np.uint8)


def spot(value: float, at: tuple[int, int] = (1, 1)) -> NDArray[np.float32]:
    heat = np.zeros((4, 4), np.float32)
    heat[at] = value
    return heat


def colour_at(picture: NDArray[np.uint8], at: tuple[int, int] = (24, 24)) -> list[int]:
    return [int(channel) for channel in picture[at]]


def test_red_raises_and_blue_lowers() -> None:
    red, _, blue = colour_at(overlay(GREY, spot(2.0)))
    assert red > 128 > blue
    red, _, blue = colour_at(overlay(GREY, spot(-2.0)))
    assert blue > 128 > red


def test_where_nothing_was_added_the_crop_is_untouched() -> None:
    picture = overlay(GREY, spot(2.0))
    assert (picture[40:, 40:] == 128).all()
    assert (overlay(GREY, spot(0.0)) == GREY).all()


def test_a_weak_map_stays_pale_instead_of_being_stretched() -> None:
    weak, strong = (overlay(GREY, spot(value)) for value in (0.1, LEAST_LIMIT))
    assert 0 < colour_at(weak)[0] - 128 < (colour_at(strong)[0] - 128) / 5
    assert scale_of(spot(0.1)) == LEAST_LIMIT
    assert scale_of(spot(-7)) == 7


def test_one_limit_makes_two_maps_comparable_and_cuts_what_exceeds_it() -> None:
    flat = np.ones((4, 4), np.float32)
    full, cut, third = (overlay(GREY, value * flat, limit=3) for value in (3, 9, 1))
    assert (full == cut).all()
    assert colour_at(full)[0] > colour_at(third)[0] > 128


def test_a_row_is_the_crop_its_overlay_and_the_legend() -> None:
    picture = cv2.imdecode(np.frombuffer(render(GREY, spot(2.0)), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (320 + 56, 640, 3)
    left, right = picture[:320, :320], picture[:320, 320:]
    assert (left == 128).all()
    assert (left != right).any()


@pytest.mark.parametrize(("encoding", "start"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8")])
def test_both_encodings_are_what_they_say(encoding: str, start: bytes) -> None:
    assert render(GREY, spot(1.0), encoding=encoding).startswith(start)  # type: ignore[arg-type]


def test_the_legend_runs_from_blue_over_white_to_red() -> None:
    bar = legend(640, 2.0)[16]
    assert bar[165][2] > bar[165][0]
    assert (bar[320] > 240).all()
    assert bar[475][0] > bar[475][2]


def test_arrays_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(h, w, 3\)"):
        overlay(GREY.astype(np.float32), spot(1))
    with pytest.raises(ValueError, match="limit is 0"):
        overlay(GREY, spot(1), limit=0)


def decoded(data: bytes) -> NDArray[np.uint8]:
    """(h, w, 4) uint8 RGBA."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA), np.uint8)


def test_a_layer_is_transparent_where_nothing_was_added_and_covers_a_crop_of_any_size() -> None:
    picture = decoded(layer(spot(2.0), limit=4.0))
    assert picture.shape == (64, 64, 4)
    red, _, blue, alpha = colour_at(picture, (24, 24))
    assert red > blue
    assert alpha == pytest.approx(255 * 0.65 / 2, abs=12)  # half of a full colour
    assert picture[-1, -1, 3] == 0


def test_a_layer_is_blue_where_the_score_was_lowered() -> None:
    red, _, blue, _ = colour_at(decoded(layer(spot(-2.0), limit=2.0)), (24, 24))
    assert blue > red
