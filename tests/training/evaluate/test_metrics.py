from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)

from training.evaluate import metrics
from training.evaluate.metrics import once


def scored(n: int = 500, seed: int = 0) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Labels and tied scores that have something to do with each other."""
    rng = np.random.default_rng(seed)
    fake = rng.random(n) < 0.4
    return fake, np.round(np.clip(rng.random(n) * 0.7 + 0.3 * fake, 0, 1), 2)


def test_a_perfect_detector_has_no_equal_error() -> None:
    fake = np.array([False, False, True, True])
    score = np.array([0.1, 0.2, 0.8, 0.9])
    assert once(metrics.equal_error_rate, fake, score) == 0
    assert once(metrics.auc, fake, score) == once(metrics.average_precision, fake, score) == 1


def test_a_detector_without_a_clue_errs_half_the_time() -> None:
    fake = np.array([False, True] * 10)
    assert once(metrics.equal_error_rate, fake, np.full(20, 0.5)) == 0.5
    assert once(metrics.auc, fake, np.full(20, 0.5)) == 0.5


def test_figures_are_those_of_scikit_learn() -> None:
    fake, score = scored()
    called = score >= 0.5
    for metric, expected in (
        (metrics.auc, roc_auc_score(fake, score)),
        (metrics.average_precision, average_precision_score(fake, score)),
        (metrics.accuracy, accuracy_score(fake, called)),
        (metrics.f1, f1_score(fake, called)),
        (metrics.brier, brier_score_loss(fake, score)),
        (metrics.negative_log_likelihood, log_loss(fake, np.clip(score, 1e-7, 1 - 1e-7))),
    ):
        assert once(metric, fake, score) == pytest.approx(expected, abs=1e-9)


def test_one_class_alone_has_no_ranking_but_an_accuracy() -> None:
    fake, score = np.array([True, True]), np.array([0.1, 0.9])
    for metric in (metrics.auc, metrics.average_precision, metrics.equal_error_rate):
        assert np.isnan(once(metric, fake, score))
    assert once(metrics.accuracy, fake, score) == 0.5
    assert once(metrics.brier, fake, score) == pytest.approx((0.81 + 0.01) / 2)


def test_what_is_least_sure_is_left_out() -> None:
    fake = np.array([True, True, False, False, True])
    doubtful, wrong = np.array([0.9, 0.8, 0.1, 0.3, 0.4]), np.array([0.6, 0.8, 0.1, 0.3, 0.0])
    assert once(metrics.selective_accuracy, fake, doubtful) == pytest.approx(1)
    assert once(metrics.selective_accuracy, fake, wrong) == pytest.approx(0.75)


def test_pictures_equally_sure_count_in_part_whatever_their_order() -> None:
    fake = np.array([True, False, True, False, True])
    score = np.array([1.0, 0.0, 0.75, 0.75, 0.75])  # two of three are right
    for order in ([0, 1, 2, 3, 4], [3, 4, 2, 1, 0]):
        value = once(metrics.selective_accuracy, fake[order], score[order])
        assert value == pytest.approx((2 + 2 * 2 / 3) / 4)


def test_no_pictures_have_no_figures() -> None:
    fake, score = np.empty(0, np.bool_), np.empty(0)
    for metric in (metrics.auc, metrics.accuracy, metrics.f1, metrics.brier,
                   metrics.selective_accuracy, metrics.negative_log_likelihood,
                   metrics.calibration_error):  # fmt: skip
        assert np.isnan(once(metric, fake, score))


def test_a_certain_mistake_has_a_finite_log_loss() -> None:
    loss = once(metrics.negative_log_likelihood, np.array([True, False]), np.array([0.0, 1.0]))
    assert loss == pytest.approx(-np.log(metrics.CLIP))


def test_honest_probabilities_have_little_calibration_error() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(20_000)
    fake = rng.random(20_000) < p
    assert once(metrics.calibration_error, fake, p) < 0.02
    assert once(metrics.calibration_error, fake, np.full(20_000, 0.9)) == pytest.approx(
        0.4, abs=0.02
    )
    assert once(metrics.accuracy, fake, p) == pytest.approx(0.75, abs=0.02)


def test_certainty_belongs_to_the_last_bin() -> None:
    assert metrics.bin_of(np.array([0.0, 0.0999, 0.1, 1.0])).tolist() == [0, 0, 1, 9]


def test_the_calibration_error_is_the_weighted_distance_to_the_diagonal() -> None:
    p = np.array([0.05, 0.05, 0.95, 0.95])
    fake = np.array([False, True, True, True])
    weights = np.array([[1.0, 1.0, 2.0, 2.0]])
    expected = (2 * 0.45 + 4 * 0.05) / 6
    assert metrics.calibration_error(fake, p, weights) == pytest.approx(expected)


def test_the_surest_answers_come_first_and_equals_together() -> None:
    fake = np.array([True, False, True, True])
    covered, right = metrics.by_certainty(fake, np.array([0.9, 0.25, 0.4, 0.75]))
    assert covered.tolist() == [0, 0.25, 0.75, 1]
    assert right.tolist() == [0, 0.25, 0.75, 0.75]
