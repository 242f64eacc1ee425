"""Figures of a binary detector: labels and scores in, one number out.

``fake`` is (n,) bool, scores and probabilities are (n,) float64 in [0, 1]. What needs both
classes is NaN where one is missing. :mod:`training.evaluate.resampling` computes the same
figures for many bootstrap resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
    roc_curve,
)

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Metric = Callable[[Flags, Floats], float]

ECE_BINS = 10
COVERAGE = 0.8  # of the pictures, that the selective accuracy is of
CLIP = 1e-7  # keeps the log loss of a saturated probability finite


def auc(fake: Flags, score: Floats) -> float:
    """Area under the ROC curve, ties counted half."""
    return float(roc_auc_score(fake, score)) if _both(fake) else float("nan")


def average_precision(fake: Flags, score: Floats) -> float:
    """Area under the precision-recall curve as a step function; fakes are the positives."""
    return float(average_precision_score(fake, score)) if _both(fake) else float("nan")


def equal_error_rate(fake: Flags, score: Floats) -> float:
    """The error rate at the threshold where false alarms and misses are equally frequent."""
    if not _both(fake):
        return float("nan")
    false_alarms, found, _ = roc_curve(fake, score, drop_intermediate=False)
    best = int(np.argmin(np.abs(false_alarms - (1 - found))))
    return float((false_alarms[best] + 1 - found[best]) / 2)


def accuracy(fake: Flags, probability: Floats) -> float:
    """Share of right answers at 0.5."""
    return float(accuracy_score(fake, probability >= 0.5)) if len(fake) else float("nan")


def by_certainty(fake: Flags, probability: Floats) -> tuple[Floats, Floats]:
    """The surest first, by distance from 0.5: the risk-coverage curve, as (covered, right).

    Both are shares of all pictures, (k + 1,) ascending from 0, a step for each distance: of the
    ``covered``, ``right / covered`` are right at 0.5 (Geifman and El-Yaniv 2017, "Selective
    Classification for Deep Neural Networks", arXiv:1705.08500).
    """
    distances, place = np.unique(-np.abs(probability - 0.5), return_inverse=True)
    every = np.ones(len(fake)), ((probability >= 0.5) == fake).astype(np.float64)
    steps = (np.bincount(place, each, minlength=len(distances)) for each in every)
    covered, right = (np.append(0.0, np.cumsum(step)) / len(fake) for step in steps)
    return covered, right


def selective_accuracy(fake: Flags, probability: Floats) -> float:
    """Share of right answers at 0.5 among the surest 80 %; those equally sure count in part."""
    if not len(fake):
        return float("nan")
    return float(np.interp(COVERAGE, *by_certainty(fake, probability)) / COVERAGE)


def f1(fake: Flags, probability: Floats) -> float:
    """Harmonic mean of precision and recall at 0.5; fakes are the positives."""
    return (
        float(f1_score(fake, probability >= 0.5, zero_division=0)) if fake.any() else float("nan")
    )


def negative_log_likelihood(fake: Flags, probability: Floats) -> float:
    """Binary cross-entropy in nats; probabilities are clipped to [1e-7, 1 - 1e-7]."""
    if not len(fake):
        return float("nan")
    return float(log_loss(fake, np.clip(probability, CLIP, 1 - CLIP), labels=[False, True]))


def brier(fake: Flags, probability: Floats) -> float:
    """Mean squared difference between P(fake) and the label (Brier 1950)."""
    if not len(fake):
        return float("nan")
    return float(brier_score_loss(fake, probability, labels=[False, True], pos_label=True))


def calibration_error(fake: Flags, probability: Floats, bins: int = ECE_BINS) -> float:
    """Expected calibration error (Naeini et al. 2015) over ``bins`` equal bins of P(fake)."""
    if not len(fake):
        return float("nan")
    gap = np.bincount(bin_of(probability, bins), probability - fake, minlength=bins)
    return float(np.abs(gap).sum() / len(fake))


def bin_of(probability: Floats, bins: int = ECE_BINS) -> NDArray[np.int64]:
    """(n,) int64: which of ``bins`` equal bins of [0, 1]; 1.0 belongs to the last."""
    return np.asarray(np.minimum((probability * bins).astype(np.int64), bins - 1), np.int64)


def _both(fake: Flags) -> bool:
    return bool(fake.any() and not fake.all())
