from __future__ import annotations

import numpy as np
import pytest

from core.detector import sigmoid
from core.errors import ConfigurationError
from training.calibrate import balanced_weights, choose_thresholds, fit_platt


def test_platt_scaling_recovers_the_parameters_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, 40_000)
    fake = rng.random(40_000) < sigmoid(0.6 * logits - 0.8)
    found = fit_platt(logits, fake, "made up")
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.intercept == pytest.approx(-0.8, abs=0.05)


def test_separable_classes_still_have_a_finite_answer() -> None:
    found = fit_platt(np.array([-2.0, -1, 1, 2]), np.array([False, False, True, True]), "four")
    assert 0 < found.slope < 10


def test_a_network_with_its_classes_swapped_is_refused() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=500)
    with pytest.raises(ConfigurationError, match="class order"):
        fit_platt(logits, rng.random(500) < sigmoid(-3 * logits), "swapped")


def test_one_class_cannot_be_calibrated() -> None:
    with pytest.raises(ConfigurationError, match="one class"):
        fit_platt(np.zeros(3), np.ones(3, bool), "fakes")


def test_both_classes_weigh_the_same_however_many_there_are() -> None:
    fake = np.array([False] * 90 + [True] * 10)
    weights = balanced_weights(["a"] * 45 + ["b"] * 45 + ["a"] * 10, fake)
    assert weights[fake].sum() == pytest.approx(weights[~fake].sum())
    assert weights.mean() == pytest.approx(1)


def test_thresholds_keep_false_accusations_and_misses_within_their_limits() -> None:
    rng = np.random.default_rng(2)
    fake = rng.random(20_000) < 0.5
    p = sigmoid(rng.normal(0, 1.5, 20_000) + np.where(fake, 1.0, -1.0))
    found = choose_thresholds(p, fake, np.ones(len(p)), false_accusations=0.02, misses=0.05)
    assert (p[~fake] >= found.fake).mean() == pytest.approx(0.02, abs=0.004)
    assert (p[fake] <= found.real).mean() == pytest.approx(0.05, abs=0.004)


def test_a_detector_that_needs_no_band_gets_a_narrow_one() -> None:
    fake = np.array([False] * 50 + [True] * 50)
    found = choose_thresholds(np.where(fake, 0.9, 0.1), fake, np.ones(100))
    assert 0 < found.fake - found.real <= 0.011
