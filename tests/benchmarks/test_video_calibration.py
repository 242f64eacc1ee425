from __future__ import annotations

import numpy as np
import pytest

from benchmarks.video_calibration import errors_by_chance


def test_certainties_that_are_right_have_no_error() -> None:
    assert errors_by_chance(np.array([0.0, 1.0]), 50).max() == 0


def test_a_coin_seems_wrong_by_the_deviation_of_its_share() -> None:
    errors = errors_by_chance(np.array([0.5]), 100)
    # The mean distance of a binomial share from its mean: sqrt(2 / pi) of its deviation.
    assert errors.mean() == pytest.approx(np.sqrt(2 / np.pi) * 0.05, rel=0.05)
