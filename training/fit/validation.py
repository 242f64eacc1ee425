"""What a run is watched by: cross-entropy, accuracy and AUC on pictures it does not train on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.data.cache import Sample
from training.data.pipeline import evaluation_batches
from training.evaluate.metrics import auc, once
from training.networks import Network


@dataclass(frozen=True, slots=True)
class Figures:
    """One validation."""

    loss: float  # mean cross-entropy in nats, without penalty and without label smoothing
    accuracy: float  # share on the right side of 0.5, in [0, 1]
    auc: float  # mean over the sources with fakes, in [0, 1]


Validate = Callable[[Any], Figures]  # of a float32 keras.Model with logits


def validator(
    samples: Sequence[Sample], network: Network, *, size: int, margin: float, batch_size: int = 32
) -> Validate:
    """Return what measures a network on ``samples``, as serving would show them to it.

    The fakes of a source without reals are compared with the reals of all sources.
    Raises :class:`ConfigurationError` when the samples lack a class.
    """
    fake = np.array([sample.picture.fake for sample in samples], np.bool_)
    if not len(fake) or fake.all() or not fake.any():
        raise ConfigurationError(
            f"Validation needs pictures of both classes; there are {int((~fake).sum())} real "
            f"and {int(fake.sum())} fake ones. Add some to valid/."
        )
    names = np.array([sample.picture.source for sample in samples])
    compared = [_compared(name, names, fake) for name in sorted(set(names[fake].tolist()))]
    batches = evaluation_batches(
        samples, size, margin=margin, scaling=network.scaling, batch_size=batch_size
    )

    def validate(model: Any) -> Figures:
        answers = [model.predict_on_batch(crops) for crops, _ in batches]
        logits = np.concatenate(answers).astype(np.float64).reshape(-1)
        areas = [once(auc, fake[some], logits[some]) for some in compared]
        right = float(np.mean((logits > 0) == fake))
        return Figures(cross_entropy(fake, logits), right, float(np.mean(areas)))

    return validate


def cross_entropy(fake: NDArray[np.bool_], logits: NDArray[np.float64]) -> float:
    """Mean of -log P(true class), P(fake) = sigmoid(logit)."""
    return float(np.logaddexp(0, np.where(fake, -logits, logits)).mean())


def _compared(name: str, names: NDArray[np.str_], fake: NDArray[np.bool_]) -> NDArray[np.bool_]:
    own = np.asarray(names == name, np.bool_)
    reals = ~fake & own
    return (fake & own) | (reals if reals.any() else ~fake)
