from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.cut_mix import cut_mix

SIZE = 16
REAL, FAKE = 40, 200


def _batch() -> tuple[np.ndarray, np.ndarray]:
    """Four pictures of one colour each: what a pixel shows is what its label counts."""
    labels = np.array([0, 0, 1, 1], np.float32)
    crops = np.empty((4, SIZE, SIZE, 3), np.uint8)
    crops[labels == 0], crops[labels == 1] = REAL, FAKE
    return crops, labels


@given(st.integers(0, 2**32 - 1))
def test_a_label_is_the_share_of_the_picture_that_is_fake(seed: int) -> None:
    mixed, shares = cut_mix(*_batch(), np.random.default_rng(seed), 1.0)
    assert shares == pytest.approx((mixed == FAKE).mean(axis=(1, 2, 3)), abs=1e-6)


def test_most_labels_lie_between_when_everything_is_mixed() -> None:
    rng = np.random.default_rng(3)
    shares = np.concatenate([cut_mix(*_batch(), rng, 1.0)[1] for _ in range(200)])
    assert ((shares > 0) & (shares < 1)).mean() > 0.4  # half have a partner of their class


def test_a_batch_of_which_nothing_is_mixed_stays_as_it_is() -> None:
    crops, labels = _batch()
    mixed, shares = cut_mix(crops, labels, np.random.default_rng(0), 0.0)
    assert np.array_equal(mixed, crops)
    assert np.array_equal(shares, labels)


def test_the_pictures_and_labels_that_come_in_are_not_changed() -> None:
    crops, labels = _batch()
    cut_mix(crops, labels, np.random.default_rng(1), 1.0)
    expected_crops, expected_labels = _batch()
    assert np.array_equal(crops, expected_crops)
    assert np.array_equal(labels, expected_labels)


def test_the_share_of_mixed_pictures_is_the_one_asked_for() -> None:
    rng = np.random.default_rng(5)
    crops = np.arange(64, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    labels = np.zeros(64, np.float32)
    changed = [(cut_mix(crops, labels, rng, 0.5)[0] != crops).any((1, 2, 3)) for _ in range(50)]
    assert 0.4 < np.mean(changed) < 0.51  # a rectangle may be empty, or the partner oneself
