"""The linear head: logistic regression on standardized features, folded into one layer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.evaluate.metrics import Flags, Floats

Features: TypeAlias = NDArray[np.float16]

HEAD = "head.npz"  # the file of a head
_ITERATIONS = 300
_TOLERANCE = 1e-3  # of the gradient; the order of the pictures does not change below it
_CHUNK = 1024  # rows turned into float32 at once


@dataclass(frozen=True, slots=True)
class LinearHead:
    """One layer: ``logit = features @ kernel + bias``, of fake."""

    kernel: NDArray[np.float32]  # (d,)
    bias: float

    def logits(self, features: Features) -> Floats:
        """(n, d) float16 → (n,) float64."""
        starts = range(0, len(features), _CHUNK)
        parts = [features[at : at + _CHUNK].astype(np.float32) @ self.kernel for at in starts]
        return np.concatenate([np.empty(0), *parts]) + self.bias


def fit_heads(
    features: Features, fake: Flags, weights: Floats, strengths: tuple[float, ...]
) -> list[LinearHead]:
    """A head for each strength of the L2 penalty, in their order.

    ``features`` (n, d) float16, ``fake`` (n,), ``weights`` (n,). Minimized is the weighted mean
    cross-entropy plus the strength times half the squared weights of standardized features.
    """
    from sklearn.linear_model import LogisticRegression

    used = weights > 0
    features, fake, weights = features[used], fake[used], weights[used] / weights[used].mean()
    mean, deviation = _moments(features, weights)
    rows = features.astype(np.float32)
    rows -= mean.astype(np.float32)
    rows /= deviation.astype(np.float32)
    fitted: dict[float, LinearHead] = {}
    model = LogisticRegression(
        solver="lbfgs", warm_start=True, max_iter=_ITERATIONS, tol=_TOLERANCE
    )
    for strength in sorted(set(strengths), reverse=True):  # from the smallest weights on
        model.set_params(C=1 / (strength * len(rows)))
        model.fit(rows, fake, sample_weight=weights)
        kernel = model.coef_[0].astype(np.float64) / deviation
        bias = float(model.intercept_[0] - mean @ kernel)
        fitted[strength] = LinearHead(kernel.astype(np.float32), bias)
    return [fitted[strength] for strength in strengths]


def _moments(features: Features, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of each feature, (d,) each; 1 for a constant one."""
    total, squares = np.zeros(features.shape[1]), np.zeros(features.shape[1])
    for at in range(0, len(features), _CHUNK):
        part, share = features[at : at + _CHUNK].astype(np.float64), weights[at : at + _CHUNK]
        total += share @ part
        squares += share @ np.square(part)
    mean = total / weights.sum()
    variance = squares / weights.sum() - np.square(mean)
    constant = variance <= 1e-9 * np.maximum(np.square(mean), 1)
    return mean, np.sqrt(np.where(constant, 1.0, variance))


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run left: of one that fitted a head alone, or of one that tuned the tower too."""

    network: str  # of those in training/frozen/towers.py
    margin: float  # around the face, of its longer side
    head: LinearHead
    tower_key: str
    pictures: dict[str, dict[str, int]]  # trained on, by source and class
    norms: Path | None = None  # the file of tuned normalizations
