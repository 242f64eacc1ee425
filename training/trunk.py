"""First layers that several networks have in common, computed once for all of them."""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

NAME = "trunk"


def split(networks: Sequence[Any], features: str) -> tuple[Any, list[Any]]:
    """The layers with equal weights that all networks begin with, and what follows in each.

    Flat networks of one architecture and picture size, with a layer ``features`` before which
    the trunk ends. It is None, and the networks are as they were, where they share no weights.
    """
    import keras

    first = networks[0]
    names = [layer.name for layer in first.layers]
    pairs = zip(*(network.layers for network in networks), strict=True)
    same = sum(1 for _ in takewhile(_equal, pairs))
    for end in range(min(same, names.index(features)) - 1, 0, -1):
        trunk = keras.Model(first.input, first.layers[end].output, name=NAME)
        if not trunk.weights:
            break
        try:
            return trunk, [keras.Model(n.layers[end].output, n.output) for n in networks]
        except ValueError:  # a residual connection goes past this layer
            continue
    return None, list(networks)


def copy(source: Any, target: Any, layers: int) -> None:
    """Copy the weights of the first ``layers`` between networks of one architecture."""
    for theirs, ours in zip(source.layers[:layers], target.layers[:layers], strict=True):
        ours.set_weights(theirs.get_weights())


def _equal(layers: Sequence[Any]) -> bool:
    first, *others = ([*layer.get_weights()] for layer in layers)
    return all(
        len(first) == len(other) and all(map(np.array_equal, first, other)) for other in others
    )
