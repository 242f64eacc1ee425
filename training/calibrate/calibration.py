"""From raw logits to probabilities: P(fake) means what it says on data like the fitted ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.rules import Calibration
from training.evaluate.metrics import Flags, Floats

Tail = Literal["data", "normal"]
Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a calibration is to give.

    An accusation weighs more than a miss, so that its share is the smaller.
    """

    false_positives: float = 0.02  # of real pictures that may be called fake
    misses: float = 0.05  # of fakes that may be called real
    # Of videos: what sets the threshold of fake. With few groups a share that their order cannot
    # show takes a normal distribution of their log-odds.
    tail: Tail = "data"

    def __post_init__(self) -> None:
        for name in ("false_positives", "misses"):
            share = getattr(self, name)
            if not 0 < share < 0.5:
                raise ConfigurationError(
                    f"{name.replace('_', ' ')} is {share:g}; a share above 0 and below 0.5 is "
                    "needed."
                )


def fit(
    logits: Floats,
    fake: Flags,
    fitted_on: str,
    *,
    weights: Floats | None = None,
    numbers: tuple[int, int] | None = None,
) -> Calibration:
    """Fit P(fake) = sigmoid(slope * logit + intercept) (Platt 1999).

    ``logits`` (n,), ``fake`` (n,), ``weights`` (n,) or None for all alike; ``numbers`` are those of
    independent real and fake files, or None where all are. Raises
    :class:`ConfigurationError` when only one class is there or the network ranks real
    above fake.
    """
    if fake.all() or not fake.any():
        raise ConfigurationError("Calibration needs real and fake pictures; one class is missing.")
    weights = np.ones(len(logits)) if weights is None else weights
    target = _targets(fake, *(numbers or (int((~fake).sum()), int(fake.sum()))))
    slope, intercept = _platt(logits, target, weights)
    if not slope > 0:
        raise ConfigurationError(
            f"Calibration found a slope of {slope:.3g}: the network ranks real above fake. "
            "Check the class order."
        )
    return Calibration(slope=slope, intercept=intercept, fitted_on=fitted_on)


def balanced_weights(sources: Sequence[str], fake: Flags) -> Floats:
    """Weights (n,) of mean 1 that give both classes the same say, and so the prior one half.

    Within a class every source counts by the square root of its size: no source drowns
    the others, and none of thirty pictures speaks as loud as one of six hundred.
    """
    names = np.asarray(sources)
    weights = np.zeros(len(names))
    for label in (False, True):
        for name in set(names[fake == label].tolist()):
            some = (names == name) & (fake == label)
            weights[some] = 1 / np.sqrt(some.sum())
        weights[fake == label] /= weights[fake == label].sum()
    return np.asarray(weights * len(names) / weights.sum(), np.float64)


def group_weights(groups: Names) -> Floats:
    """(n,) float64 that add up to 1: each group counts alike, and its files share its part.

    A group is what another sample would draw anew: two films that were faked in ten ways are two.
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(sizes) * sizes[group]), np.float64)


def balanced_group_weights(sources: Names, groups: Names, fake: Flags) -> Floats:
    """(n,) float64 of mean 1: both classes count alike, a source by the root of its groups.

    As :func:`balanced_weights`, with groups for pictures: the files of a group share its part.
    """
    cells = np.stack([sources, groups, np.where(fake, "fake", "real")], axis=1)
    whole, cell, sizes = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    of_groups = balanced_weights(whole[:, 0].tolist(), whole[:, 2] == "fake")
    weights = (of_groups / sizes)[cell.reshape(-1)]
    return np.asarray(weights * len(fake) / weights.sum(), np.float64)


def _targets(fake: Flags, negatives: int, positives: int) -> Floats:
    """Platt's targets: a little inside [0, 1], so that separable data has a finite answer."""
    return np.where(fake, (positives + 1) / (positives + 2), 1 / (negatives + 2))


def _platt(logits: Floats, target: Floats, weights: Floats) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    # A target between 0 and 1 is a picture of both classes, each by its share.
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
    model.fit(
        np.tile(logits, 2)[:, None],
        np.repeat([1, 0], len(logits)),
        sample_weight=np.concatenate([weights * target, weights * (1 - target)]),
    )
    return float(model.coef_[0, 0]), float(model.intercept_[0])
