"""Rounding in which later weights take over what earlier ones lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, inv

Matrix = NDArray[np.float64]


def gptq(weights: Matrix, covariance: Matrix, limit: int) -> Matrix:
    """Whole numbers in [-limit, limit] whose answers are near those of ``weights``.

    ``weights`` (outputs, inputs) are in steps; ``covariance`` (inputs, inputs), positive definite,
    says how the inputs move together. Inputs that vary most are rounded first (Frantar et al.
    2022, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
    arXiv:2210.17323).
    """
    order = np.argsort(-np.diag(covariance), kind="stable")
    left = weights[:, order]
    upper = cholesky(inv(covariance[np.ix_(order, order)]))
    rounded = np.empty_like(left)
    for i in range(left.shape[1]):
        rounded[:, i] = np.clip(np.rint(left[:, i]), -limit, limit)
        lost = (left[:, i] - rounded[:, i]) / upper[i, i]
        left[:, i + 1 :] -= np.outer(lost, upper[i, i + 1 :])
    answer = np.empty_like(rounded)
    answer[:, order] = rounded
    return answer
