"""CutMix: a rectangle of another picture of the batch, and of its label as much as it covers.

Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable
Features", ICCV 2019. Every part of a generated face is generated, so a detector that pools
over places can be asked how much of a picture is fake; few pictures then last longer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def cut_mix(
    crops: NDArray[np.uint8],
    labels: NDArray[np.float32],
    rng: np.random.Generator,
    probability: float,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Mix that share of a batch; the others stay as they are.

    Parameters
    ----------
    crops, labels
        (n, size, size, 3) uint8 and (n,) float32 in [0, 1]; neither is changed.

    Returns
    -------
    tuple
        The same shapes. A label is the share of the crop's area that is fake: partner and
        rectangle are chosen alike for all, its area uniform in [0, 1] before the border of
        the picture cuts it.
    """
    mixed, shares = crops.copy(), labels.copy()
    partners = rng.permutation(len(crops))
    for index in np.flatnonzero(rng.random(len(crops)) < probability):
        rows, columns = _rectangle(crops.shape[1], rng)
        mixed[index, rows, columns] = crops[partners[index], rows, columns]
        area = (rows.stop - rows.start) * (columns.stop - columns.start) / crops.shape[1] ** 2
        shares[index] = (1 - area) * labels[index] + area * labels[partners[index]]
    return mixed, shares


def _rectangle(size: int, rng: np.random.Generator) -> tuple[slice, slice]:
    half = size * np.sqrt(rng.random()) / 2
    middles = rng.uniform(0, size, 2)
    low = np.maximum(0, middles - half).astype(int)
    high = np.minimum(size, middles + half).astype(int)
    return slice(low[0], high[0]), slice(low[1], high[1])
