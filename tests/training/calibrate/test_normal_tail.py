from __future__ import annotations

import numpy as np
import pytest

from core.model.sigmoid import sigmoid
from training.calibrate.normal_tail import normal_bound


def test_a_file_of_one_more_group_exceeds_the_bound_as_often_as_was_said() -> None:
    rng = np.random.default_rng(0)
    others = sigmoid(rng.normal(-2, 1.5, 50_000))
    names = np.arange(29).astype(str)
    shares = [
        (others > normal_bound(sigmoid(rng.normal(-2, 1.5, 29)), names, 0.02)).mean()
        for _ in range(400)
    ]
    assert np.mean(shares) == pytest.approx(0.02, abs=0.003)


def test_of_a_group_the_file_with_the_highest_probability_counts() -> None:
    alone = np.linspace(0.1, 0.6, 20)
    names = np.arange(20).astype(str)
    low = np.concatenate([alone, np.full(20, 0.01)])
    assert normal_bound(low, np.tile(names, 2), 0.02) == pytest.approx(
        normal_bound(alone, names, 0.02)
    )


def test_a_saturated_probability_gives_a_bound_below_one() -> None:
    p = np.where(np.arange(30) < 2, 1.0, 0.1)
    assert 0.5 < normal_bound(p, np.arange(30).astype(str), 0.02) < 1
