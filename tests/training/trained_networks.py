"""Networks that tell stripes apart without having been trained: their weights are set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.training.pictures import tiny_network
from training.networks import Head, Network

SIZE = 48


def striped(network: Network, size: int = SIZE) -> Any:
    """The network with a filter that answers to stripes, and fakes are striped."""
    import keras

    keras.utils.set_random_seed(0)
    model = network.build(size, Head())
    kernel = np.zeros((3, 3, 3, 8), np.float32)
    kernel[1, 0], kernel[1, 1], kernel[1, 2] = -1, 2, -1
    convolution = next(each for each in model.layers if isinstance(each, keras.layers.Conv2D))
    convolution.set_weights([kernel])
    model.layers[-1].set_weights([np.full((8, 1), 2.0, np.float32), np.full(1, -0.3, np.float32)])
    return model


def hidden_network() -> Network:
    """One with a hidden layer in its head, as the seed's has: no exact map."""
    return replace(tiny_network(), name="tiny_hidden", build=_with_hidden, linear_head=False)


def _with_hidden(size: int | None, head: Head) -> Any:
    import keras

    base = tiny_network().build(size, head)
    pooled = base.layers[-2].output
    hidden = keras.layers.Dense(8, activation="relu", kernel_initializer="identity")(pooled)
    return keras.Model(base.input, keras.layers.Dense(1, name="logit")(hidden))
