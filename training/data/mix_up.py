"""Batches of pictures laid over each other: mixup (Zhang et al., ICLR 2018, arXiv:1710.09412).

What a network says between two pictures is what a teacher can tell it beyond their labels:
Beyer et al., CVPR 2022, "Knowledge distillation: a good teacher is patient and consistent".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ALPHA = 0.8  # both parameters of the Beta distribution of the weight

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def mix(
    crops: NDArray[np.float32], labels: NDArray[np.float32], rng: np.random.Generator
) -> Arrays:
    """Lay another crop of the batch over each, at one weight in [0, 0.5] for all.

    ``crops`` (n, size, size, 3) and ``labels`` (n,), 1 for fake, float32; so are the results.
    The label of a mixture is that of its heavier part to the share that it has.
    """
    weight = np.float32(rng.beta(_ALPHA, _ALPHA))
    weight = min(weight, 1 - weight)
    order = rng.permutation(len(labels))
    return (
        crops + weight * (crops[order] - crops),
        labels + weight * (labels[order] - labels),
    )
