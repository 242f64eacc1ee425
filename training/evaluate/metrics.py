"""Figures of a binary detector: labels, scores and weights in, a figure for each row of weights.

``fake`` is (n,) bool, scores and probabilities are (n,) float64, the latter in [0, 1], and
``weights`` (r, n) float64 are how often each picture counts: once, or as often as each of r
bootstrap resamples drew it, so that a thousand figures are a few sums along the sorted scores. The
result is (r,) float64, NaN where a class is missing that the figure needs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Metric = Callable[[Flags, Floats, Floats], Floats]

ECE_BINS = 10
COVERAGE = 0.8  # of the pictures, that the selective accuracy is of
CLIP = 1e-7  # keeps the log loss of a saturated probability finite


def effective_number(weights: Floats) -> float:
    """How many pictures of equal weight say as much (Kish 1965); n where all weigh alike."""
    return float(weights.sum() ** 2 / np.square(weights).sum()) if len(weights) else 0.0


def once(metric: Metric, fake: Flags, score: Floats) -> float:
    """The figure where every picture counts once; NaN where there is none."""
    if not len(fake):
        return float("nan")
    return float(metric(fake, score, np.ones((1, len(fake))))[0])


def auc(fake: Flags, score: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve, ties counted half: the Mann-Whitney statistic."""
    positives, negatives = _by_threshold(fake, score, weights)
    below = np.cumsum(negatives, axis=1) - negatives / 2
    return _ratio((positives * below).sum(1), positives.sum(1) * negatives.sum(1))


def average_precision(fake: Flags, score: Floats, weights: Floats) -> Floats:
    """Area under the precision-recall curve as a step function; fakes are the positives."""
    positives, negatives = (part[:, ::-1] for part in _by_threshold(fake, score, weights))
    found = np.cumsum(positives, axis=1)
    precision = _ratio(found, found + np.cumsum(negatives, axis=1))
    gained = np.where(positives > 0, positives * precision, 0).sum(1)
    return np.where(negatives.sum(1) > 0, _ratio(gained, positives.sum(1)), np.nan)


def equal_error_rate(fake: Flags, score: Floats, weights: Floats) -> Floats:
    """The error rate where false alarms and misses are closest."""
    positives, negatives = (part[:, ::-1] for part in _by_threshold(fake, score, weights))
    false_alarms, found = (
        np.pad(_ratio(np.cumsum(part, axis=1), part.sum(1)[:, None]), ((0, 0), (1, 0)))
        for part in (negatives, positives)
    )
    misses = 1 - found
    best = np.argmin(np.abs(false_alarms - misses), axis=1)[:, None]
    return np.take_along_axis(false_alarms + misses, best, axis=1)[:, 0] / 2


def mean(values: Floats, weights: Floats) -> Floats:
    """The mean of (n,) values: accuracy, Brier score and log loss are means."""
    return _ratio(weights @ values, weights.sum(1))


def accuracy(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Share of right answers at 0.5."""
    return mean(((probability >= 0.5) == fake).astype(np.float64), weights)


def selective_accuracy(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Share of right answers at 0.5 among the surest 80 %; those equally sure count in part."""
    right = (probability >= 0.5) == fake
    hits, misses = _by_threshold(right, -np.abs(probability - 0.5), weights)
    size = hits + misses
    wanted = COVERAGE * size.sum(1)
    taken = np.clip(wanted[:, None] - (np.cumsum(size, axis=1) - size), 0, size)
    return _ratio((hits * taken / np.maximum(size, 1)).sum(1), wanted)  # size: whole numbers


def brier(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Mean squared difference between P(fake) and the label (Brier 1950)."""
    return mean((probability - fake) ** 2, weights)


def negative_log_likelihood(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Binary cross-entropy in nats; probabilities are clipped to [1e-7, 1 - 1e-7]."""
    right = np.clip(np.where(fake, probability, 1 - probability), CLIP, 1 - CLIP)
    return mean(-np.log(right), weights)


def f1(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Harmonic mean of precision and recall at 0.5; fakes are the positives, NaN without any."""
    if not fake.any():
        return np.full(len(weights), np.nan)
    called = probability >= 0.5
    return _ratio(2 * (weights @ (called & fake)), weights @ called + weights @ fake)


def calibration_error(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Expected calibration error (Naeini et al. 2015) over ten equal bins of P(fake)."""
    bins = bin_of(probability)
    gaps = np.where(bins[:, None] == np.arange(ECE_BINS), (probability - fake)[:, None], 0)
    return _ratio(np.abs(weights @ gaps).sum(1), weights.sum(1))


def _by_threshold(fake: Flags, score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of fakes and of reals at each distinct score, ascending: two (r, scores)."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    ordered = weights[:, order]
    positives = np.add.reduceat(ordered * fake[order], starts, axis=1)
    return positives, np.add.reduceat(ordered, starts, axis=1) - positives


def _ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where whole is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / whole, np.nan)


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


def bin_of(probability: Floats) -> NDArray[np.int64]:
    """(n,) int64: which of ten equal bins of [0, 1]; 1.0 belongs to the last."""
    return np.asarray(np.minimum((probability * ECE_BINS).astype(np.int64), ECE_BINS - 1), np.int64)
