"""Several networks that were each trained for one kind of fake, as one that ships.

A face is fake when any expert has evidence that it is: the odds of the experts add up,
``logit = log(sum(exp(expert logits)))``. An expert that finds nothing has small odds and so
changes nothing, where a mean of logits would let it outvote the one that has seen something.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.bundle import LOGIT_OUTPUT, MAP_OUTPUT
from training.export.class_activation import with_map


def combine(experts: Sequence[Any], features: str) -> Any:
    """One network of several with the same input and a linear head behind ``features``.

    Its outputs are those of :func:`training.export.class_activation.with_map`: ``logit`` (n, 1),
    and ``cam`` (n, h, w), the maps of the experts weighted by their shares of the odds, on the
    finest of their grids. With shares p, ``logit = cam.mean((1, 2)) + sum(p * bias) +
    entropy(p)``, exactly: what is not in the map lies at no place. One expert alone is itself.

    Raises :class:`ConfigurationError` when the experts take pictures of different sizes, or
    a head is not linear.
    """
    import keras

    sizes = {tuple(expert.input_shape[1:]) for expert in experts}
    if len(sizes) != 1:
        told = ", ".join(f"{height} x {width}" for height, width, _ in sorted(sizes))
        raise ConfigurationError(
            f"The experts take pictures of {told} px; train them at one --size to combine them."
        )
    if len(experts) == 1:
        return with_map(experts[0], features)
    crops = keras.Input(sizes.pop(), name="crops")
    answers = [_named(with_map(each, features), index)(crops) for index, each in enumerate(experts)]
    each_logit = [answer[LOGIT_OUTPUT] for answer in answers]
    logits = keras.layers.Concatenate(name="expert_logits")(each_logit)
    shares = keras.layers.Softmax(name="shares")(logits)
    maps = keras.ops.stack(_on_one_grid([answer[MAP_OUTPUT] for answer in answers]), axis=-1)
    weighted = maps * keras.ops.expand_dims(shares, (1, 2))
    outputs = {
        LOGIT_OUTPUT: keras.ops.logsumexp(logits, axis=1, keepdims=True),
        MAP_OUTPUT: keras.ops.sum(weighted, axis=-1),
    }
    named = {
        name: keras.layers.Activation("linear", name=name)(output)
        for name, output in outputs.items()
    }
    return keras.Model(crops, named, name="experts")


def _on_one_grid(maps: Sequence[Any]) -> list[Any]:
    """Maps (n, side, side) on the finest of their grids, each with the mean that it had."""
    side = max(each.shape[1] for each in maps)
    return [each if each.shape[1] == side else _on_grid(each, side) for each in maps]


def _on_grid(heat: Any, side: int) -> Any:
    import keras

    cells = heat.shape[1]
    overlap = _overlap(cells, side)
    for equation, shape in (("nhw,hH->nHw", (side, cells)), ("nHw,wW->nHW", (side, side))):
        layer = keras.layers.EinsumDense(equation, shape, trainable=False)
        heat = layer(heat)
        layer.set_weights([overlap])
    return heat


def _overlap(cells: int, side: int) -> NDArray[np.float32]:
    """How much of each of ``side`` new cells lies in each of the ``cells`` old, (cells, side)."""
    old, new = np.arange(cells)[:, None] / cells, np.arange(side) / side
    shared = np.minimum(old + 1 / cells, new + 1 / side) - np.maximum(old, new)
    return np.asarray(np.maximum(shared * side, 0), np.float32)


def _named(tail: Any, index: int) -> Any:
    """Nested networks need names of their own."""
    import keras

    return keras.Model(tail.input, tail.output, name=f"expert_{index}")
