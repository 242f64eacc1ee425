"""From raw logits to probabilities and thresholds.

Platt scaling makes P(fake) mean what it says on data like that which it was fitted on. The
thresholds leave a band between them in which the service says ``inconclusive``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.bundle import Calibration, Thresholds
from core.detector import sigmoid
from core.errors import ConfigurationError

# Of real pictures that may be called fake, and of fakes that may be called real. An accusation
# weighs more than a miss, so the first is the smaller.
FALSE_ACCUSATIONS = 0.02
MISSES = 0.05
_ITERATIONS = 100


def fit_platt(
    logits: NDArray[np.float64],
    fake: NDArray[np.bool_],
    fitted_on: str,
    *,
    weights: NDArray[np.float64] | None = None,
) -> Calibration:
    """Fit P(fake) = sigmoid(slope * logit + intercept) by Newton's method.

    ``logits`` (n,), ``fake`` (n,), ``weights`` (n,) or None for all alike. Raises
    :class:`ConfigurationError` when only one class is there or the slope is not positive.
    """
    if fake.all() or not fake.any():
        raise ConfigurationError("Calibration needs real and fake pictures; one class is missing.")
    weights = np.ones(len(logits)) if weights is None else weights
    # Platt's targets: a little inside [0, 1], so that separable data has a finite answer.
    positives, negatives = int(fake.sum()), int((~fake).sum())
    target = np.where(fake, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([logits, np.ones(len(logits))], axis=1)
    theta = np.array([1.0, 0.0])
    for _ in range(_ITERATIONS):
        p = sigmoid(design @ theta)
        gradient = design.T @ (weights * (p - target))
        curvature = (design * (weights * p * (1 - p))[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        theta = theta - step / max(1.0, float(np.abs(step).max()))  # at most 1 a step
        if np.abs(step).max() < 1e-9:
            break
    slope, intercept = (float(value) for value in theta)
    if not slope > 0:
        raise ConfigurationError(
            f"Calibration found a slope of {slope:.3g}: the network ranks real above fake. "
            "Check the class order."
        )
    return Calibration(slope=slope, intercept=intercept, fitted_on=fitted_on)


def balanced_weights(sources: Sequence[str], fake: NDArray[np.bool_]) -> NDArray[np.float64]:
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


def choose_thresholds(
    probability: NDArray[np.float64],
    fake: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    false_accusations: float = FALSE_ACCUSATIONS,
    misses: float = MISSES,
) -> Thresholds:
    """The narrowest band that keeps both kinds of wrong verdicts within their limits.

    A detector good enough to need no band gets one of a hundredth around the middle.
    """
    upper = _quantile(probability[~fake], weights[~fake], 1 - false_accusations)
    lower = _quantile(probability[fake], weights[fake], misses)
    if lower >= upper:
        middle = (lower + upper) / 2
        lower, upper = middle - 0.005, middle + 0.005
    return Thresholds(
        fake=round(min(max(upper, 0.01), 0.999), 3), real=round(max(min(lower, 0.99), 0.001), 3)
    )


def _quantile(values: NDArray[np.float64], weights: NDArray[np.float64], share: float) -> float:
    order = np.argsort(values)
    passed = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(passed, share)), len(values) - 1)])
