"""Crops brought to a greater side inside a network, as its first step.

Every layer then sees a smaller part of the face, and none more of it: as if the network reduced
the picture less. Interpolation is linear in the pixels, so it is two matrices, the same in every
runtime; OpenVINO has no cubic resize for what TensorFlow exports.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError

PREFIX = "enlarge_"  # of its layers, whose weights are constants
_SHARPNESS = -0.75  # the free parameter of cubic convolution; OpenCV and PyTorch have this one
_BANDS = 4  # of an axis: a new pixel is made of four neighbours, so most of one matrix is zeros


def enlarged(crops: Any, side: int) -> Any:
    """Crops (n, size, size, channels) as (n, side, side, channels).

    Raises :class:`ConfigurationError` when ``size`` is open or ``side`` is not greater.
    """
    import keras

    size = crops.shape[1]
    if size is None or side <= size:
        raise ConfigurationError(
            f"enlarge is {side} px, and the crops have {size or 'any size'}: it must be greater "
            "than one given size."
        )
    # Columns last at the end, as OpenVINO lays pictures out: it then has nothing to turn.
    x = keras.layers.Permute((3, 2, 1), name=f"{PREFIX}from")(crops)
    x = _interpolated(x, side, "rows")
    x = keras.layers.Permute((1, 3, 2), name=f"{PREFIX}turn")(x)
    x = _interpolated(x, side, "columns")
    return keras.layers.Permute((2, 3, 1), name=f"{PREFIX}to")(x)


def cubic_weights(size: int, side: int) -> NDArray[np.float32]:
    """What each of ``size`` pixels gives to each of ``side``, (size, side); columns sum to 1.

    Keys 1981, "Cubic convolution interpolation for digital image processing"; pixels are
    areas, and beyond the border the last one goes on.
    """
    place = (np.arange(side) + 0.5) * size / side - 0.5
    first = np.floor(place).astype(int) - 1
    matrix = np.zeros((size, side))
    for tap in range(4):
        pixel = first + tap
        np.add.at(matrix, (pixel.clip(0, size - 1), np.arange(side)), _cubic(place - pixel))
    return matrix.astype(np.float32)


def is_learned(layer: Any) -> bool:
    """Whether a layer's weights are found by training, and not those of the interpolation."""
    return not layer.name.startswith(PREFIX)


def _interpolated(x: Any, side: int, name: str) -> Any:
    """Along the last axis, every band of the result from the few pixels that it is made of."""
    import keras

    size = x.shape[-1]
    bands = []
    for index, weights in enumerate(np.array_split(cubic_weights(size, side), _BANDS, axis=1)):
        used = np.flatnonzero(weights.any(axis=1))
        first, last = int(used[0]), int(used[-1]) + 1
        cut = keras.layers.Cropping2D(
            ((0, 0), (first, size - last)), "channels_first", name=f"{PREFIX}{name}_{index}_of"
        )
        layer = keras.layers.Dense(
            weights.shape[1], use_bias=False, trainable=False, dtype="float32",
            name=f"{PREFIX}{name}_{index}",
        )  # fmt: skip
        bands.append(layer(cut(x)))
        layer.set_weights([weights[first:last]])
    return keras.layers.Concatenate(name=f"{PREFIX}{name}")(bands)


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    a, d = _SHARPNESS, np.abs(distance)
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * (d**3 - 5 * d**2 + 8 * d - 4)
    return np.where(d <= 1, near, np.where(d < 2, far, 0.0))
