from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.data.augment import Augmentation, augmented_crop
from training.data.cache import Sample
from training.data.degrade import Degradation
from training.data.self_blend import (
    SOURCE,
    TEMPLATE,
    Blending,
    blend_faces,
    blended_fakes,
    face_mask,
)

# A face of 48 px in the middle of a picture of 96 px.
FACE = TEMPLATE * 48 + (24, 24)
WHOLE = Blending(parts=0, lower=0, middle=0, opacity=(1.0,))
UNMOVED = Blending(
    parts=0, lower=0, middle=0, opacity=(1.0,), shift=0, scale=0, rotation=0, colour_match=0
)


def _picture(seed: int, side: int = 96) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (side, side, 3)).astype(np.uint8)


def test_the_face_changes_and_the_corners_of_the_picture_do_not() -> None:
    picture = _picture(0)
    blended = blend_faces(picture, FACE, picture, FACE, np.random.default_rng(1), WHOLE)
    changed = np.abs(blended.astype(int) - picture).mean(axis=2)
    assert changed[40:60, 40:60].mean() > 3
    assert changed[:5, :5].max() == changed[-5:, -5:].max() == 0


def test_the_face_of_a_donor_is_turned_and_scaled_onto_the_landmarks() -> None:
    """The donor's face has half the size, a quarter turn and another place."""
    turn = np.array([[0, -1], [1, 0]])
    there = TEMPLATE * 24 @ turn.T + (60, 20)
    donor = np.full((100, 90, 3), 60, np.uint8)
    for (x, y), colour in zip(there, (90, 120, 150, 180, 210), strict=True):
        donor[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = colour
    grey = np.full((96, 96, 3), 60, np.uint8)
    blended = blend_faces(grey, FACE, donor, there, np.random.default_rng(0), UNMOVED)
    values = [int(blended[round(y), round(x), 0]) for x, y in FACE]
    assert values == sorted(values)
    assert np.diff(values).min() > 8


def test_the_donor_may_have_another_size() -> None:
    picture, donor = _picture(0), np.full((150, 60, 3), 200, np.uint8)
    there = TEMPLATE * 40 + (10, 60)
    blended = blend_faces(picture, FACE, donor, there, np.random.default_rng(2), UNMOVED)
    assert blended.shape == picture.shape
    assert blended[48:56, 44:52].std() < 20 < picture[48:56, 44:52].std()


def test_colour_matching_gives_the_donor_the_mean_of_the_face_that_it_covers() -> None:
    picture = np.clip(_picture(0) // 4 + 20, 0, 255).astype(np.uint8)
    donor = np.clip(_picture(1) // 4 + 180, 0, 255).astype(np.uint8)
    options = Blending(parts=0, lower=0, middle=0, opacity=(1.0,), colour_match=1.0)
    blended = blend_faces(picture, FACE, donor, FACE, np.random.default_rng(3), options)
    assert abs(float(blended[42:62, 40:56].mean()) - float(picture[42:62, 40:56].mean())) < 10


def test_the_same_seed_gives_the_same_fake() -> None:
    one, other = (
        blend_faces(_picture(0), FACE, _picture(1), FACE, np.random.default_rng(4), Blending())
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (Blending(parts=0, lower=0, middle=0), (0.5, 0.58)),
        (Blending(parts=0, lower=0, middle=1), (0.5, 0.62)),
        (Blending(parts=0, lower=1), (0.5, 0.84)),
    ],
    ids=["whole", "middle", "lower"],
)
def test_a_mask_lies_where_its_region_of_the_face_is(
    options: Blending, place: tuple[float, float]
) -> None:
    rng = np.random.default_rng(5)
    mean = np.mean([face_mask((96, 96), FACE, rng, options) for _ in range(40)], axis=0)
    rows, columns = np.indices(mean.shape)
    centre = [float((axis * mean).sum() / mean.sum()) for axis in (columns, rows)]
    np.testing.assert_allclose(centre, np.array(place) * 48 + 24, atol=1.5)


def test_regions_differ_in_how_much_of_the_face_they_cover() -> None:
    covered = []
    for options in (
        Blending(parts=1),
        Blending(parts=0, lower=1),
        Blending(parts=0, lower=0, middle=1),
        Blending(parts=0, lower=0, middle=0),
    ):
        rng = np.random.default_rng(5)
        covered.append(np.mean([face_mask((96, 96), FACE, rng, options) for _ in range(40)]))
    assert covered == sorted(covered)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    donor_shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    points=st.lists(st.tuples(st.floats(-100, 170), st.floats(-100, 170)), min_size=5, max_size=5),
)
def test_any_landmarks_and_sizes_give_a_picture_and_a_mask_between_zero_and_one(
    seed: int,
    shape: tuple[int, int],
    donor_shape: tuple[int, int],
    points: list[tuple[float, float]],
) -> None:
    landmarks = np.array(points, np.float64)
    picture, donor = np.zeros((*shape, 3), np.uint8), np.zeros((*donor_shape, 3), np.uint8)
    rng = np.random.default_rng(seed)
    for there, here in ((FACE, landmarks), (landmarks, FACE)):
        assert blend_faces(picture, here, donor, there, rng, Blending()).shape == picture.shape
        mask = face_mask(shape, here, rng, Blending())
        assert mask.shape == shape
        assert mask.dtype == np.float32
        assert 0 <= mask.min() <= mask.max() <= 1


def test_landmarks_that_are_one_point_break_nothing() -> None:
    point = np.full((5, 2), 30.0)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        blended = blend_faces(_picture(0), point, _picture(1), FACE, rng, Blending())
        assert blended.shape == (96, 96, 3)


def test_every_blended_fake_is_a_real_picture_under_another_label(samples: list[Sample]) -> None:
    told = [replace(s, picture=replace(s.picture, kind="none", generator="x")) for s in samples]
    blended = blended_fakes(told)
    originals = {s.picture.key for s in samples if not s.picture.fake}
    assert {s.picture.key for s in blended} == originals
    assert all(s.picture.fake for s in blended)
    for name in ("source", "kind", "generator"):
        assert {getattr(s.picture, name) for s in blended} == {SOURCE}


def test_a_picture_without_landmarks_is_not_blended(samples: list[Sample]) -> None:
    blind = [replace(sample, landmarks=()) for sample in samples]
    assert blended_fakes(blind) == []
    assert len(blended_fakes([*blind, samples[0]])) == (not samples[0].picture.fake)


def test_no_source_gives_more_than_its_share(samples: list[Sample]) -> None:
    assert len(blended_fakes(samples, per_source=2)) == 2 * 2  # two sources have reals


def test_a_blended_fake_is_not_the_picture_it_was_made_from(samples: list[Sample]) -> None:
    blended = blended_fakes(samples)[0]
    original = next(s for s in samples if s.picture.key == blended.picture.key)
    still = Augmentation(
        flip=0,
        degradation=Degradation(rescale=0, blur=0, colour=0, noise=0, still=0),
        compress_crop=0,
        margin=(0.3, 0.3),
        shift=0,
    )

    def view(sample: Sample, seed: int) -> NDArray[np.uint8]:
        rng, blending_rng = (np.random.default_rng(each) for each in (0, seed))
        return augmented_crop(sample, 64, rng, still, blending_rng=blending_rng)

    differences = [
        np.abs(view(blended, seed).astype(int) - view(original, seed)).mean() for seed in range(12)
    ]
    assert min(differences) > 0
    assert np.mean(differences) > 1
