"""Several networks that were each trained for one kind of fake, as one that ships.

A face is fake when any expert has evidence that it is: the odds of the experts add up,
``logit = log(sum(exp(expert logits)))``. An expert that finds nothing has small odds and so
changes nothing, where a mean of logits would let it outvote the one that has seen something.
What the experts have in common at their beginning is computed once.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.bundle import LOGIT_OUTPUT, MAP_OUTPUT
from core.errors import ConfigurationError
from training import trunk
from training.class_activation import with_map


def combine(experts: Sequence[Any], features: str) -> Any:
    """One network of several with the same input and a linear head behind ``features``.

    Its outputs are those of :func:`training.class_activation.with_map`: ``logit`` (n, 1), and
    ``cam`` (n, h, w), the maps of the experts weighted by their shares of the odds. With
    shares p, ``logit = cam.mean((1, 2)) + sum(p * bias) + entropy(p)``, exactly: what is not
    in the map lies at no place. One expert alone is itself.

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
    common, tails = trunk.split([with_map(expert, features) for expert in experts], features)
    places = crops if common is None else common(crops)
    answers = [_named(tail, index)(places) for index, tail in enumerate(tails)]
    each_logit = [answer[LOGIT_OUTPUT] for answer in answers]
    logits = keras.layers.Concatenate(name="expert_logits")(each_logit)
    shares = keras.layers.Softmax(name="shares")(logits)
    maps = keras.ops.stack([answer[MAP_OUTPUT] for answer in answers], axis=-1)
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


def _named(tail: Any, index: int) -> Any:
    """Nested networks need names of their own."""
    import keras

    return keras.Model(tail.input, tail.output, name=f"expert_{index}")
