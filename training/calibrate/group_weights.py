"""Weights of files that come in groups: persons, scenes or films of which several files are.

A group is what another sample would draw anew, so a group counts and not its files: two films that
were faked in ten ways are two films.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.calibrate.calibration import balanced_weights

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Names = NDArray[np.str_]


def group_weights(groups: Names) -> Floats:
    """(n,) float64 that add up to 1: each group counts alike, and its files share its part."""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / (len(sizes) * sizes[group]), np.float64)


def balanced_group_weights(sources: Names, groups: Names, fake: Flags) -> Floats:
    """(n,) float64 of mean 1: both classes count alike, a source by the root of its groups.

    As :func:`training.calibrate.calibration.balanced_weights` of pictures, with groups for
    pictures: the files of a group share its part.
    """
    cells = np.stack([sources, groups, np.where(fake, "fake", "real")], axis=1)
    whole, cell, sizes = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    of_groups = balanced_weights(whole[:, 0].tolist(), whole[:, 2] == "fake")
    weights = (of_groups / sizes)[cell.reshape(-1)]
    return np.asarray(weights * len(fake) / weights.sum(), np.float64)
