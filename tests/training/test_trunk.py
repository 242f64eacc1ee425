from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training import trunk

keras = pytest.importorskip("keras")
PICTURES = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)


def network(seed: int) -> Any:
    """Two convolutions, then two with a way around them, then ``features`` and a head."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, padding="same")(inputs)
    x = keras.layers.Conv2D(4, 3, padding="same", name="before")(x)
    around = x
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="inside")(x)
    x = keras.layers.Conv2D(4, 3, padding="same", name="inside_too")(x)
    x = keras.layers.Add(name="added")([x, around])
    x = keras.layers.ReLU(name="features")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(1)(x))


def with_common(layers: int) -> list[Any]:
    """Two networks with so many first layers in common, the input among them."""
    first, second = network(1), network(2)
    trunk.copy(first, second, layers)
    return [first, second]


@pytest.mark.parametrize(
    ("layers", "last"), [(2, "conv2d"), (3, "before"), (4, "before"), (5, "added"), (9, "added")]
)
def test_networks_share_a_trunk_up_to_where_they_part(layers: int, last: str) -> None:
    networks = with_common(layers)
    common, tails = trunk.split(networks, "features")
    assert common.layers[-1].name.startswith(last)
    places = common(PICTURES)
    for whole, tail in zip(networks, tails, strict=True):
        assert np.array_equal(whole(PICTURES), tail(places))
        assert len(whole.weights) == len(common.weights) + len(tail.weights)


def test_networks_with_nothing_in_common_stay_as_they_are() -> None:
    networks = with_common(0)
    common, tails = trunk.split(networks, "features")
    assert common is None
    assert tails == networks


def test_only_the_first_layers_are_copied() -> None:
    first, second = with_common(2)
    assert np.array_equal(first.layers[1].kernel, second.layers[1].kernel)
    assert not np.array_equal(first.layers[2].kernel, second.layers[2].kernel)
