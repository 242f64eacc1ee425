"""The only definition of the tensor that every network of this project takes.

Shape (n, size, size, 3), dtype float32, channels RGB, range by ``Scaling``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core import jpeg


class Scaling(StrEnum):
    """How a byte becomes a float."""

    UNIT = "unit"  # x / 255, in [0, 1]: Rescaling(1./255), the seed's
    SIGNED = "signed"  # x / 127.5 - 1, in [-1, 1]: Keras applications in "tf" mode
    RAW = "raw"  # x, in [0, 255]: networks that scale inside themselves


def to_tensor(crops: NDArray[np.uint8], scaling: Scaling) -> NDArray[np.float32]:
    """Scale (n, size, size, 3) uint8 RGB crops to the float32 tensor of the network."""
    if crops.dtype != np.uint8 or crops.ndim != 4 or crops.shape[-1] != 3:
        raise ValueError(f"expected (n, h, w, 3) uint8, got {crops.shape} {crops.dtype}")
    tensor = crops.astype(np.float32)
    if scaling is Scaling.UNIT:
        tensor *= np.float32(1 / 255)
    elif scaling is Scaling.SIGNED:
        tensor *= np.float32(1 / 127.5)
        tensor -= np.float32(1)
    return tensor


def from_jpegs(jpegs: Sequence[bytes], *, size: int, scaling: Scaling) -> NDArray[np.float32]:
    """Decode face crops and scale them: (n, size, size, 3) float32; n may be 0."""
    if not jpegs:
        return np.empty((0, size, size, 3), np.float32)
    return to_tensor(np.stack([jpeg.decode(data, size=size) for data in jpegs]), scaling)
