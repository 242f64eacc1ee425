from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.compress import Pixels
from training.data.degrade import Degradation, degrade

NOTHING = Degradation(rescale=0, blur=0, colour=0, noise=0, still=0)
ALONE = {
    "rescale": replace(NOTHING, rescale=1),
    "blur": replace(NOTHING, blur=1),
    "colour": replace(NOTHING, colour=1),
    "noise": replace(NOTHING, noise=1),
    "still": replace(NOTHING, still=1),
    "film": replace(NOTHING, film=1),
    "messenger": replace(NOTHING, messenger=1),
    "screen": replace(NOTHING, screen=1),
}
EVERYTHING = Degradation(
    rescale=0.5, blur=0.5, colour=0.5, noise=0.5, still=0.25, film=0.25, messenger=0.25, screen=0.25
)


def _picture(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_nothing_is_done_where_nothing_is_asked_for() -> None:
    picture = _picture(60, 70)
    assert np.array_equal(degrade(picture, np.random.default_rng(0), NOTHING), picture)


@pytest.mark.parametrize("step", ALONE)
def test_every_step_changes_the_picture(step: str) -> None:
    picture = _picture(200, 224)
    changed = degrade(picture, np.random.default_rng(0), ALONE[step])
    assert changed.dtype == np.uint8
    assert changed.shape != picture.shape or (changed != picture).any()


@pytest.mark.parametrize("step", ALONE)
def test_the_same_seed_gives_the_same_picture_and_another_another(step: str) -> None:
    one, same, other = (
        degrade(_picture(80, 70), np.random.default_rng(seed), ALONE[step]) for seed in (3, 3, 4)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_what_is_drawn_depends_on_the_seed_alone(
    seed: int, shape: tuple[int, int], other: tuple[int, int]
) -> None:
    following = []
    for picture in (_picture(*shape), _picture(*other, seed=1), np.zeros((50, 50, 3), np.uint8)):
        rng = np.random.default_rng(seed)
        degrade(picture, rng, EVERYTHING)
        following.append(rng.random())
    assert len(set(following)) == 1


@pytest.mark.parametrize("step", ALONE)
@pytest.mark.parametrize("shape", [(1, 1), (3, 301), (401, 2), (47, 49)])
def test_no_shape_breaks_a_step(step: str, shape: tuple[int, int]) -> None:
    for seed in range(6):
        changed = degrade(_picture(*shape), np.random.default_rng(seed), ALONE[step])
        assert min(changed.shape[:2]) >= 1


def test_scaling_keeps_the_aspect_and_stops_at_48_px() -> None:
    options = replace(NOTHING, rescale=1, rescale_from=0.05)
    shapes = [
        degrade(_picture(100, 200), np.random.default_rng(seed), options).shape[:2]
        for seed in range(30)
    ]
    assert min(min(shape) for shape in shapes) == 48
    assert all(abs(width - 2 * height) <= 1 for height, width in shapes)
    small = degrade(_picture(20, 30), np.random.default_rng(0), options)
    assert small.shape == (20, 30, 3)


def test_a_screen_gives_the_picture_back_in_its_own_size() -> None:
    for seed in range(5):
        shown = degrade(_picture(61, 83), np.random.default_rng(seed), ALONE["screen"])
        assert shown.shape == (61, 83, 3)


def test_one_way_of_travelling_is_taken_by_its_share() -> None:
    # A flat picture keeps its size but for the messenger, which scales it first.
    options = replace(NOTHING, still=0.5, messenger=0.5)
    picture = np.full((96, 96, 3), 128, np.uint8)
    scaled = sum(
        degrade(picture, np.random.default_rng(seed), options).shape != picture.shape
        for seed in range(100)
    )
    assert 35 < scaled < 65
