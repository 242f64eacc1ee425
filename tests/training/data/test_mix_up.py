from __future__ import annotations

import numpy as np
import pytest

from training.data.mix_up import mix


def test_every_picture_and_its_label_are_mixed_at_one_weight() -> None:
    crops = np.arange(8, dtype=np.float32)[:, None, None, None] * np.ones((1, 4, 4, 3), np.float32)
    labels = crops[:, 0, 0, 0].copy()  # a picture is as bright as its label says
    for seed in range(20):
        mixed, mixed_labels = mix(crops, labels, np.random.default_rng(seed))
        assert mixed.dtype == mixed_labels.dtype == np.float32
        np.testing.assert_allclose(mixed[:, 0, 0, 0], mixed_labels, atol=1e-6)
        assert mixed_labels.sum() == pytest.approx(labels.sum())
        assert np.abs(mixed_labels - labels).max() <= 7 / 2 + 1e-5  # its own part is the heavier
    assert np.array_equal(labels, np.arange(8))


def test_the_same_seed_mixes_alike() -> None:
    crops, labels = (
        np.random.default_rng(1).random((4, 2, 2, 3), np.float32),
        np.eye(4, dtype="f")[0],
    )
    first, again = (mix(crops, labels, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
