"""Bootstrap intervals, all resamples at once.

A resample is a row of counts: how often each picture was drawn. The figures are then
weighted figures, and a thousand of them are a few sums along the sorted scores
(percentile bootstrap, Efron and Tibshirani 1993, chapter 13). Pictures of one group, which are of
one person, scene or film, are drawn together (cluster bootstrap, Davison and Hinkley 1997,
section 3.8), and groups within those of the same sources and classes, so that every resample has
about the composition of the data.

Throughout: ``weights`` (r, n) float64 counts, ``fake`` (n,) bool, ``score`` (n,) float64;
the result is (r,) float64, NaN where a class is missing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.pipeline.expected_error import CONFIDENCE, wilson
from training.evaluate.metrics import CLIP, COVERAGE, ECE_BINS, Flags, Floats, bin_of

Resampled = Callable[[Flags, Floats, Floats], Floats]

RESAMPLES = 1000
SEED = 7
FEWEST_GROUPS = 5  # of one class; resampling fewer says nothing of others like them


def draw(strata: NDArray[np.int64], resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """(resamples, n) float64: how often each picture is drawn, with replacement by stratum."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((resamples, len(strata)))
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        drawn = rng.integers(0, len(members), (resamples, len(members)))
        drawn += len(members) * np.arange(resamples)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=resamples * len(members))
        weights[:, members] = counts.reshape(resamples, len(members))
    return weights


def draw_groups(
    cells: NDArray[np.int64],
    fake: Flags,
    groups: NDArray[np.str_],
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Floats:
    """(resamples, n) float64: how often each member is drawn, those of a group always together.

    ``cells`` (n,) int64 numbers the sources and classes, ``groups`` (n,) names the groups. A group
    is drawn among those that lie in the same cells; where these are fewer than
    ``FEWEST_GROUPS``, among all such groups with the same classes.
    """
    names, group = np.unique(groups, return_inverse=True)
    strata = _same_rows(_occurs(group, cells, len(names)))
    sizes = np.bincount(strata)
    by_class = _same_rows(_occurs(group, fake.astype(np.int64), len(names)))
    strata = np.where(sizes[strata] < FEWEST_GROUPS, len(sizes) + by_class, strata)
    return draw(strata, resamples, seed)[:, group]


def _occurs(group: NDArray[np.intp], cells: NDArray[np.int64], number: int) -> NDArray[np.bool_]:
    """(groups, cells) bool: which cells each group has members in."""
    table = np.zeros((number, int(cells.max(initial=0)) + 1), np.bool_)
    table[group, cells] = True
    return table


def _same_rows(table: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(rows,) int64: equal rows share a number."""
    _, inverse = np.unique(table, axis=0, return_inverse=True)
    return np.asarray(inverse.reshape(-1), np.int64)


def interval(values: Floats) -> tuple[float, float] | None:
    """The middle 95 % of resampled values; None where there are none."""
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def share_interval(
    count: int, total: int, independent: float | None = None
) -> tuple[float, float] | None:
    """Wilson's interval of ``count`` in ``total``.

    The bootstrap gives an interval of no width for 0 of 60, which says too much. Of the ``total``
    only ``independent`` may count: :func:`independent_number`.
    """
    if not total:
        return None
    number = independent or total
    return wilson(count / total * number, number)


def independent_number(groups: NDArray[np.str_]) -> float:
    """How many members say as much as these if those of a group all say the same (Kish 1965)."""
    if not len(groups):
        return 0.0
    _, sizes = np.unique(groups, return_counts=True)
    return float(len(groups) ** 2 / np.square(sizes).sum())


def auc(fake: Flags, score: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve: the Mann-Whitney statistic."""
    positives, negatives = _by_threshold(fake, score, weights)
    below = np.cumsum(negatives, axis=1) - negatives / 2
    return _ratio((positives * below).sum(1), positives.sum(1) * negatives.sum(1))


def average_precision(fake: Flags, score: Floats, weights: Floats) -> Floats:
    """Area under the precision-recall curve as a step function."""
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
    """Share of right answers at 0.5 among the surest 80 %."""
    right = (probability >= 0.5) == fake
    hits, misses = _by_threshold(right, -np.abs(probability - 0.5), weights)
    size = hits + misses
    wanted = COVERAGE * size.sum(1)
    taken = np.clip(wanted[:, None] - (np.cumsum(size, axis=1) - size), 0, size)
    return _ratio((hits * taken / np.maximum(size, 1)).sum(1), wanted)  # size: whole numbers


def brier(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Mean squared difference between P(fake) and the label."""
    return mean((probability - fake) ** 2, weights)


def negative_log_likelihood(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Binary cross-entropy in nats."""
    right = np.clip(np.where(fake, probability, 1 - probability), CLIP, 1 - CLIP)
    return mean(-np.log(right), weights)


def f1(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Harmonic mean of precision and recall at 0.5."""
    called = probability >= 0.5
    return _ratio(2 * (weights @ (called & fake)), weights @ called + weights @ fake)


def calibration_error(fake: Flags, probability: Floats, weights: Floats) -> Floats:
    """Expected calibration error over ten equal bins."""
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
