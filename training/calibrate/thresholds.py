"""The two thresholds of a bundle, between which the service says ``inconclusive``.

Each is a conformal quantile (Vovk et al. 2005; Angelopoulos and Bates 2021, arXiv:2107.07511): of
one more real picture like the n that were measured, the probability to be called fake is at most
the share wanted, whatever the detector. A plain quantile of n pictures keeps that promise only for
those n.
"""

from __future__ import annotations

import math

import numpy as np

from core.errors import ConfigurationError
from core.model.rules import Band, Thresholds
from training.calibrate.calibration import Wanted
from training.evaluate.metrics import Flags, Floats, effective_number

_FEWEST = 3  # pictures beyond a threshold that the share wanted stands for
_STEP = 1000  # thresholds are written with three decimals
_NARROWEST = 0.01  # the band of a detector that needs none


def check_enough(fake: Flags, weights: Floats, wanted: Wanted) -> None:
    """Raise :class:`ConfigurationError` where there are too few pictures for the shares wanted.

    ``fake`` and ``weights`` are (n,). A share of 2 % needs 150 pictures: of fewer, not even three
    lie beyond the threshold, and where it belongs is anybody's guess.
    """
    for members, label, share, option in (
        (~fake, "real", wanted.false_positives, "--false-positives"),
        (fake, "fake", wanted.misses, "--misses"),
    ):
        needed, count = math.ceil(_FEWEST / share), effective_number(weights[members])
        if round(count) >= needed:
            continue
        total = int(members.sum())
        weighed = "" if round(count) >= total else f", which say as much as {count:.0f} would alike"
        possible = math.ceil(100 * _FEWEST / count) / 100 if total else 1.0
        larger = f", or ask for {option} {possible:g}" if possible < 0.5 else ""
        raise ConfigurationError(
            f"There are {total} {label} pictures to set a threshold by{weighed}; "
            f"{option} {share:g} needs {needed}. Give more{larger}."
        )


def choose_thresholds(
    probability: Floats, fake: Flags, weights: Floats, wanted: Wanted
) -> Thresholds:
    """The narrowest band that keeps both kinds of wrong verdicts within their shares.

    ``probability`` (n,), ``fake`` (n,) and ``weights`` (n,). A detector good enough to need no band
    gets one of a hundredth around the middle.
    """
    real_weights, fake_weights = weights[~fake], weights[fake]
    upper = bound(
        probability[~fake], real_weights, wanted.false_positives, effective_number(real_weights)
    )
    lower = 1 - bound(
        1 - probability[fake], fake_weights, wanted.misses, effective_number(fake_weights)
    )
    return Thresholds(**band_between(lower, upper).model_dump())


def band_between(lower: float, upper: float) -> Band:
    """The band from ``lower`` to ``upper``, both in [0, 1], or a narrow one where they cross."""
    if lower >= upper:
        middle = (lower + upper) / 2
        lower, upper = middle - _NARROWEST / 2, middle + _NARROWEST / 2
    # Rounded outwards, and above the picture that sets it: at the threshold it is fake already.
    fake_from = math.floor(upper * _STEP + 1) / _STEP
    real_up_to = math.ceil(lower * _STEP - 1) / _STEP
    return Band(
        fake=round(min(max(fake_from, 0.01), 1.0), 3),
        real=round(max(min(real_up_to, 0.99), 0.0), 3),
    )


def bound(values: Floats, weights: Floats, share: float, number: float) -> float:
    """The conformal bound that one more value exceeds with a probability of ``share`` at most.

    ``values`` and ``weights`` are (n,); ``number`` is how many of them are independent.
    """
    # With 1e-9 a level that is met exactly is not missed by rounding.
    level = min((1 - share) * (1 + 1 / number) - 1e-9, 1.0)
    return float(np.quantile(values, level, weights=weights, method="inverted_cdf"))
