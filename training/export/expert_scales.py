"""One scale for the logits of experts, before their odds add up.

Each expert was trained on a mixture of its own, with regularisation of its own: a logit of 3
of one is not as much evidence as a logit of 3 of the other.
"""

# ruff: noqa: PLC0415 - TensorFlow and SciPy take seconds to import: only where they are used

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model import preprocess
from training.calibrate.logits import labelled
from training.data.cache import Sample
from training.networks import Network

_BATCH = 32


class Scale(NamedTuple):
    """What becomes of an expert's logit: ``slope * logit + offset``."""

    slope: float
    offset: float


def fit_scales(
    logits: NDArray[np.float64], fake: NDArray[np.bool_], weights: NDArray[np.float64]
) -> list[Scale]:
    """The scales with the lowest log loss of the added odds: Platt's scaling, of all at once.

    ``logits`` (n, experts), ``fake`` (n,), ``weights`` (n,). Every slope is positive. Raises
    :class:`ConfigurationError` when one class is missing or no minimum is found.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    if fake.all() or not fake.any():
        raise ConfigurationError("Experts need real and fake pictures; one class is missing.")
    experts, sign, shares = logits.shape[1], np.where(fake, -1, 1), weights / weights.sum()

    def loss(values: NDArray[np.float64]) -> float:
        scaled = np.exp(values[:experts]) * logits + values[experts:]
        return float(np.sum(shares * np.logaddexp(0, sign * logsumexp(scaled, axis=1))))

    start = np.zeros(2 * experts)
    found = minimize(
        loss, start, method="L-BFGS-B", bounds=[(-3, 3)] * experts + [(-9, 9)] * experts
    )
    if not found.success:
        raise ConfigurationError(f"No common scale of the experts was found: {found.message}")
    return [Scale(*pair) for pair in zip(np.exp(found.x[:experts]), found.x[experts:], strict=True)]


def rescaled(expert: Any, scale: Scale) -> Any:
    """A copy of a network with a linear head whose logit is on that scale."""
    import keras

    copy = keras.models.clone_model(expert)
    *body, kernel, bias = expert.get_weights()
    copy.set_weights([*body, scale.slope * kernel, scale.slope * bias + scale.offset])
    return copy


def on_one_scale(
    experts: Sequence[Any], network: Network, samples: Sequence[Sample], crops: Sequence[bytes]
) -> tuple[list[Any], list[Scale]]:
    """The experts rescaled by what they say of ``samples``, which none was trained on.

    ``crops`` are their JPEGs at the size that the experts take.
    """
    logits = np.concatenate(
        [_logits(experts, network, crops[i : i + _BATCH]) for i in range(0, len(crops), _BATCH)]
    )
    data = labelled(samples, logits[:, 0])
    scales = fit_scales(logits, data.fake, data.weights)
    return [rescaled(*each) for each in zip(experts, scales, strict=True)], scales


def _logits(
    experts: Sequence[Any], network: Network, jpegs: Sequence[bytes]
) -> NDArray[np.float64]:
    """(n, experts) float64."""
    size = int(experts[0].input_shape[1])
    tensor = preprocess.from_jpegs(jpegs, size=size, scaling=network.scaling)
    columns = [expert.predict(tensor, batch_size=len(tensor), verbose=0) for expert in experts]
    return np.concatenate(columns, axis=1).astype(np.float64)
