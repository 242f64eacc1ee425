from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training.evaluation.metrics import accuracy, auc, calibration_error, equal_error_rate


def test_auc_agrees_with_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    fake = rng.random(500) < 0.4
    score = np.round(rng.random(500) + 0.3 * fake.astype(np.float64), 1)
    assert auc(fake, score) == pytest.approx(roc_auc_score(fake, score))


def test_a_perfect_detector_has_no_equal_error() -> None:
    fake = np.array([False, False, True, True])
    assert equal_error_rate(fake, np.array([0.1, 0.2, 0.8, 0.9])) == 0
    assert auc(fake, np.array([0.1, 0.2, 0.8, 0.9])) == 1


def test_one_class_alone_has_no_auc() -> None:
    fake = np.array([True, True])
    assert np.isnan(auc(fake, np.array([0.1, 0.2])))
    assert np.isnan(equal_error_rate(fake, np.array([0.1, 0.2])))


def test_honest_probabilities_have_little_calibration_error() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(20_000)
    fake = rng.random(20_000) < p
    assert calibration_error(fake, p) < 0.02
    assert calibration_error(fake, np.full(20_000, 0.9)) == pytest.approx(0.4, abs=0.02)
    assert accuracy(fake, p) == pytest.approx(0.75, abs=0.02)
