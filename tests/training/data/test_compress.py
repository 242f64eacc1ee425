from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from training.data import compress
from training.data.compress import Pixels

STILL = (0.0, 0.0)
ROUND_TRIPS: dict[str, Callable[[Pixels], Pixels]] = {
    "jpeg": partial(compress.jpeg, quality=60),
    "jpeg with all colours": partial(compress.jpeg, quality=60, subsampled=False),
    "webp": partial(compress.webp, quality=60),
    "film": partial(compress.film, crf=28, motion=(1.5, -0.5), frame=2),
}


@pytest.fixture(scope="module")
def portrait() -> Pixels:
    return np.ascontiguousarray(data.astronaut()[40:200, 150:310], np.uint8)


def _loss(pixels: Pixels, other: Pixels) -> float:
    return float(np.abs(pixels.astype(int) - other).mean())


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_round_trip_leaves_the_picture_recognisable_and_not_the_same(
    portrait: Pixels, name: str
) -> None:
    passed = ROUND_TRIPS[name](portrait)
    assert passed.shape == portrait.shape
    assert passed.dtype == np.uint8
    assert 0.5 < _loss(portrait, passed) < 12


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_red_stays_red(name: str) -> None:
    red = np.full((32, 32, 3), (220, 30, 40), np.uint8)
    assert np.abs(ROUND_TRIPS[name](red).astype(int) - red).max() < 12


@pytest.mark.parametrize("name", ROUND_TRIPS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (701, 1), (2, 2), (33, 47)])
def test_a_picture_of_any_shape_keeps_it(name: str, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    assert ROUND_TRIPS[name](pixels).shape == pixels.shape


def test_a_lower_quality_loses_more(portrait: Pixels) -> None:
    for codec in (compress.jpeg, compress.webp):
        assert _loss(portrait, codec(portrait, 30)) > _loss(portrait, codec(portrait, 90))
    coarse, fine = (compress.film(portrait, crf, STILL, 1) for crf in (38, 20))
    assert _loss(portrait, coarse) > _loss(portrait, fine)


def test_halved_colours_lose_more_at_a_coloured_edge() -> None:
    edge = np.zeros((32, 32, 3), np.uint8)
    edge[:, :15], edge[:, 15:] = (255, 0, 0), (0, 0, 255)
    halved, whole = (compress.jpeg(edge, 98, subsampled=each) for each in (True, False))
    assert _loss(edge, halved) > _loss(edge, whole)


@pytest.mark.parametrize("frame", range(compress.FILM_FRAMES))
def test_every_frame_of_a_film_that_moves_shows_the_picture_unmoved(
    portrait: Pixels, frame: int
) -> None:
    moved = np.roll(portrait, 4, axis=1)
    shown = compress.film(portrait, 20, (4.0, 0.0), frame)
    assert _loss(portrait, shown) < 0.5 * _loss(moved, shown)


def test_the_frames_of_a_film_are_compressed_in_different_ways(portrait: Pixels) -> None:
    shown = {compress.film(portrait, 30, (3.3, 1.7), frame).tobytes() for frame in range(4)}
    assert len(shown) > 1


@settings(deadline=None, max_examples=25)
@given(
    shape=st.tuples(st.integers(1, 80), st.integers(1, 80)),
    crf=st.integers(0, 51),
    motion=st.tuples(st.floats(-200, 200), st.floats(-200, 200)),
    frame=st.integers(0, 3),
)
def test_a_film_may_have_any_size_quality_and_motion(
    shape: tuple[int, int], crf: int, motion: tuple[float, float], frame: int
) -> None:
    pixels = np.full((*shape, 3), 90, np.uint8)
    shown = compress.film(pixels, crf, motion, frame)
    assert shown.shape == pixels.shape
    assert np.abs(shown.astype(int) - pixels).max() < 8
