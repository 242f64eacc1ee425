"""Figures of a binary detector: scores and labels in, one number out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def auc(fake: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve in [0, 1], ties counted half; NaN with one class only."""
    fake = np.asarray(fake, bool)
    positives, negatives = int(fake.sum()), int((~fake).sum())
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    # The mean rank of a tie: the Mann-Whitney statistic.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[fake].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def equal_error_rate(fake: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """The error rate at the threshold where false positives and misses are equally frequent."""
    fake = np.asarray(fake, bool)
    if fake.all() or not fake.any():
        return float("nan")
    thresholds = np.concatenate([[-np.inf], np.unique(score), [np.inf]])
    real_scores, fake_scores = np.sort(score[~fake]), np.sort(score[fake])
    false_alarms = 1 - np.searchsorted(real_scores, thresholds, "left") / len(real_scores)
    misses = np.searchsorted(fake_scores, thresholds, "left") / len(fake_scores)
    best = int(np.argmin(np.abs(false_alarms - misses)))
    return float((false_alarms[best] + misses[best]) / 2)


def calibration_error(
    fake: NDArray[np.bool_], probability: NDArray[np.float64], bins: int = 10
) -> float:
    """Expected calibration error (Naeini et al. 2015) over ``bins`` equal bins of P(fake)."""
    index = np.minimum((probability * bins).astype(int), bins - 1)
    total = 0.0
    for which in range(bins):
        some = index == which
        if some.any():
            total += abs(float(fake[some].mean() - probability[some].mean())) * float(some.mean())
    return total


def accuracy(fake: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Share of right answers at 0.5."""
    return float(((probability >= 0.5) == fake).mean())
