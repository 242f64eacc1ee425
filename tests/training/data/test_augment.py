from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.faces.face import Box
from training.data.augment import Augmentation, augmented_crop
from training.data.cache import Sample
from training.data.compress import Pixels
from training.data.degrade import Degradation
from training.data.self_blend import blended_fakes

QUIET = Augmentation(
    flip=0,
    degradation=Degradation(rescale=0, blur=0, colour=0, noise=0, still=0),
    compress_crop=0,
    margin=(0.3, 0.3),
    zoom=(1, 1),
    shift=0,
)
ALWAYS = Augmentation(
    flip=1,
    degradation=Degradation(
        rescale=1, blur=1, colour=1, noise=1, still=0.25, film=0.25, messenger=0.25, screen=0.25
    ),
    compress_crop=1,
    erase=1,
)


def _view(
    sample: Sample, size: int, seed: int, options: Augmentation, blending_seed: int = 0
) -> Pixels:
    rngs = (np.random.default_rng(each) for each in (seed, blending_seed))
    return augmented_crop(sample, size, next(rngs), options, blending_rng=next(rngs))


def _sample(samples: list[Sample], height: int, width: int, box: Box) -> Sample:
    """One with a smooth picture of that size."""
    colours = np.random.default_rng(0).integers(0, 256, (5, 5, 3)).astype(np.uint8)
    pixels = cv2.resize(colours, (width, height), interpolation=cv2.INTER_LINEAR)
    _, data = cv2.imencode(".png", pixels)
    return replace(samples[0], data=data.tobytes(), box=box)


@pytest.mark.parametrize("size", [48, 96])
def test_a_view_has_the_size_that_was_asked_for(samples: list[Sample], size: int) -> None:
    crop = _view(samples[0], size, 1, ALWAYS)
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8


def test_the_same_seed_gives_the_same_view_and_another_another(samples: list[Sample]) -> None:
    one, same, other = (_view(samples[0], 48, seed, ALWAYS) for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_blending_draws_from_a_generator_of_its_own(samples: list[Sample]) -> None:
    fake = blended_fakes(samples)[0]
    one, other = (_view(fake, 48, 5, QUIET, blending_seed) for blending_seed in (0, 1))
    assert not np.array_equal(one, other)
    one, other = (_view(samples[0], 48, 5, ALWAYS, blending_seed) for blending_seed in (0, 1))
    assert np.array_equal(one, other)


def test_a_flipped_view_shows_the_mirrored_face(samples: list[Sample]) -> None:
    sample = _sample(samples, 120, 160, Box(0.1, 0.3, 0.3, 0.4))
    plain, flipped = (_view(sample, 64, 0, replace(QUIET, flip=flip)) for flip in (0, 1))
    assert np.abs(plain[:, ::-1].astype(int) - flipped).mean() < 4
    assert np.abs(plain.astype(int) - flipped).mean() > 20


def test_a_blended_fake_is_blended_before_it_is_flipped(samples: list[Sample]) -> None:
    """Landmarks are those of the picture as it is; its mirror image would need others."""
    fake = blended_fakes(samples)[0]
    fake = replace(
        _sample([fake], 96, 96, Box(0.3, 0.3, 0.3, 0.3)),
        landmarks=((0.35, 0.4), (0.45, 0.4), (0.4, 0.48), (0.36, 0.55), (0.44, 0.55)),
    )
    for seed in range(5):
        plain, flipped = (_view(fake, 64, 0, replace(QUIET, flip=flip), seed) for flip in (0, 1))
        assert np.abs(plain[:, ::-1].astype(int) - flipped).mean() < 4


def test_erasing_paints_one_rectangle_over(samples: list[Sample]) -> None:
    erased = replace(QUIET, erase=1, erase_area=(0.25, 0.25))
    plain, painted = (_view(samples[0], 96, 3, each).astype(int) for each in (QUIET, erased))
    touched = np.abs(plain - painted).max(axis=2) > 40
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert 0.2 < area / touched.size < 0.35


def test_no_seed_breaks_it(samples: list[Sample]) -> None:
    fake = blended_fakes(samples)[0]

    @settings(deadline=None, max_examples=60)
    @given(st.integers(0, 2**32 - 1))
    def holds(seed: int) -> None:
        for sample in (samples[0], fake):
            assert _view(sample, 32, seed, ALWAYS, seed).shape == (32, 32, 3)

    holds()


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (3, 500), (301, 2), (37, 41), (5, 30_000), (1100, 1030)]
)
def test_no_picture_breaks_it_and_none_changes_what_is_drawn(
    samples: list[Sample], height: int, width: int
) -> None:
    sample = _sample(samples, height, width, Box(0.4, 0.1, 0.5, 0.8))
    for seed in range(6):
        following = []
        for each in (sample, samples[0]):
            rng = np.random.default_rng(seed)
            crop = augmented_crop(each, 32, rng, ALWAYS, blending_rng=np.random.default_rng(0))
            assert crop.shape == (32, 32, 3)
            following.append(rng.random())
        assert following[0] == following[1]
