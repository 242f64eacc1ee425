"""Bootstrap intervals, all resamples at once.

A resample is a row of counts: how often each picture was drawn, the weights of
:mod:`training.evaluate.metrics` (percentile bootstrap, Efron and Tibshirani 1993, chapter 13).
Pictures of one group, which are of one person, scene or film, are drawn together (cluster
bootstrap, Davison and Hinkley 1997, section 3.8), and groups within those of the same sources and
classes, so that every resample has about the composition of the data.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.pipeline.expected_error import CONFIDENCE, wilson
from training.evaluate.metrics import Flags, Floats, effective_number

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
    return draw(strata, resamples)[:, group]


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
    """How many members say as much as these if those of a group all say the same."""
    return effective_number(np.unique(groups, return_counts=True)[1].astype(np.float64))
