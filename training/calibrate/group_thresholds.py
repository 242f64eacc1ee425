"""Thresholds of videos: conformal quantiles of which groups are the unit, not files.

Files of one group are alike, so the promise is about a file of one more group: with a budget of
``a`` and G groups, the quantile of level (1 - a) of the groups' files, each group of mass
1 / (G + 1) and the rest at infinity, is exceeded by it with a probability of ``a`` at most (Lee,
Barber and Willett 2023, "Distribution-free inference with hierarchical data",
arXiv:2306.06342). It exists where G + 1 is 1 / a at least.
"""

from __future__ import annotations

import math

import numpy as np

from core.errors import ConfigurationError
from core.model.rules import Band
from training.calibrate.calibration import Names, Wanted, group_weights
from training.calibrate.thresholds import band_between, bound
from training.evaluate.metrics import Flags, Floats

FEWEST_GROUPS = 20  # that a normal distribution is fitted to
_CLIP = 1e-6  # keeps the odds of a saturated probability finite


def check_enough_groups(fake: Flags, groups: Names, wanted: Wanted) -> None:
    """Raise :class:`ConfigurationError`, with what is possible, where there are too few groups.

    ``fake`` and ``groups`` are (n,).
    """
    _check_tail(fake, groups, wanted)
    for members, label, share, option in (
        (~fake, "real", wanted.false_positives, "--false-positives"),
        (fake, "fake", wanted.misses, "--misses"),
    ):
        number = len(set(groups[members].tolist()))
        needed = math.ceil(1 / share - 1e-9) - 1
        if number >= needed or (label == "real" and wanted.tail == "normal"):
            continue
        least = math.ceil(1000 / (number + 1)) / 1000
        larger = f", or ask for {option} {least:g}, the least that these allow"
        if label == "real" and number >= FEWEST_GROUPS:
            larger += ", or for --tail normal"
        raise ConfigurationError(
            f"The {int(members.sum())} {label} clips are of {number} persons, scenes or films, and "
            f"no two clips of one count; {option} {share:g} needs {needed} of them. "
            f"Give more{larger if least < 0.5 else ''}."
        )


def _check_tail(fake: Flags, groups: Names, wanted: Wanted) -> None:
    number = len(set(groups[~fake].tolist()))
    if wanted.tail == "normal" and number < FEWEST_GROUPS:
        raise ConfigurationError(
            f"The real clips are of {number} persons, scenes or films; --tail normal fits a "
            f"distribution to {FEWEST_GROUPS} at least. Give more real clips."
        )


def choose_group_thresholds(
    probability: Floats, fake: Flags, groups: Names, wanted: Wanted
) -> Band:
    """The narrowest band that keeps both kinds of wrong verdicts within their shares.

    ``probability``, ``fake`` and ``groups`` are (n,). Where there are too few groups for a share,
    no file that was measured lies beyond its threshold.
    """
    upper = _bound(probability[~fake], groups[~fake], wanted.false_positives)
    if wanted.tail == "normal":  # never below what was measured
        tail = normal_bound(probability[~fake], groups[~fake], wanted.false_positives)
        upper = max(upper, tail)
    lower = 1 - _bound(1 - probability[fake], groups[fake], wanted.misses)
    return band_between(lower, upper)


def normal_bound(probability: Floats, groups: Names, share: float) -> float:
    """The P(fake) that the worst file of one more group exceeds with the probability ``share``.

    Of 29 groups no order says where one of fifty would lie. A normal distribution of their log-odds
    does, as far as it is one: the bound is that of prediction for one more draw, with Student's
    distribution, as mean and deviation are estimated themselves (Hahn and Meeker 1991, "Statistical
    Intervals", section 4.8).

    ``probability`` and ``groups`` are (n,); of each group the file with the highest counts.
    """
    from scipy.stats import t

    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    odds = np.log(clipped / (1 - clipped))
    highest = np.array([odds[groups == name].max() for name in np.unique(groups)])
    number = len(highest)
    reach = float(t.ppf(1 - share, number - 1)) * math.sqrt(1 + 1 / number)
    bound = float(highest.mean()) + reach * float(highest.std(ddof=1))
    return 1 / (1 + math.exp(-bound))


def largest_share(groups: int, share: float) -> float:
    """What the true share beyond a threshold is at most, 95 % of the time.

    The promise holds on average over samples of ``groups`` groups; of one sample the true share is
    Beta-distributed (Vovk 2012, arXiv:1209.2673), for groups of one file each.
    """
    from scipy.stats import beta

    beyond = max(1, math.floor(share * (groups + 1) + 1e-9))
    return float(beta.ppf(0.95, beyond, groups + 1 - beyond))


def _bound(values: Floats, groups: Names, share: float) -> float:
    return bound(values, group_weights(groups), share, len(set(groups.tolist())))
