from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.augment import Augmentation, augmented_crop
from training.data.cache import Sample

ALWAYS = Augmentation(
    flip=1, rescale=1, blur=1, colour=1, noise=1, compress_before=1, compress_after=1, erase=1
)


@pytest.mark.parametrize("size", [48, 96])
def test_a_view_has_the_size_that_was_asked_for(samples: list[Sample], size: int) -> None:
    crop = augmented_crop(samples[0], size, np.random.default_rng(1), ALWAYS)
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8


def test_the_same_seed_gives_the_same_view(samples: list[Sample]) -> None:
    one, two = (augmented_crop(samples[0], 48, np.random.default_rng(5), ALWAYS) for _ in range(2))
    assert np.array_equal(one, two)


def test_another_seed_gives_another_view(samples: list[Sample]) -> None:
    one, two = (
        augmented_crop(samples[0], 48, np.random.default_rng(seed), ALWAYS) for seed in (5, 6)
    )
    assert not np.array_equal(one, two)


def test_erasing_paints_one_rectangle_over(samples: list[Sample]) -> None:
    quiet = Augmentation(
        flip=0, rescale=0, blur=0, colour=0, noise=0, compress_before=0, compress_after=0
    )
    erased = replace(quiet, erase=1, erase_area=(0.25, 0.25))
    plain, painted = (
        augmented_crop(samples[0], 96, np.random.default_rng(3), options).astype(int)
        for options in (quiet, erased)
    )
    touched = np.abs(plain - painted).max(axis=2) > 40
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    assert 0.2 < area / touched.size < 0.35


def test_no_seed_breaks_it(samples: list[Sample]) -> None:
    @settings(deadline=None)
    @given(st.integers(0, 2**32 - 1))
    def holds(seed: int) -> None:
        crop = augmented_crop(samples[0], 32, np.random.default_rng(seed), ALWAYS)
        assert crop.shape == (32, 32, 3)

    holds()
