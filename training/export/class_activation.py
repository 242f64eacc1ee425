"""A second output that says what each place of a crop adds to the logit.

Zhou et al. 2016, https://arxiv.org/abs/1512.04150: where a head is linear after global
average pooling, pooling and the linear unit may change places. The logit is then the mean
of a map plus a bias, exactly, in every runtime, and costs what it cost before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.bundle import LOGIT_OUTPUT, MAP_OUTPUT

_PER_PLACE = "logit_per_place"


def with_map(model: Any, features: str) -> Any:
    """Rebuild the head of a network behind its layer ``features``, (n, h, w, channels).

    The result has the same weights and the named outputs ``logit`` (n, 1) and ``cam``
    (n, h, w), float32, in logits: ``logit = cam.mean((1, 2)) + bias``. Raises
    :class:`ConfigurationError` when the head is not pooling, dropout and one linear unit.
    """
    import keras

    _check_head(model, features)
    maps = model.get_layer(features).output
    kernel, bias = model.layers[-1].get_weights()
    per_place = keras.layers.Conv2D(1, 1, use_bias=False, name=_PER_PLACE)
    places = per_place(maps)
    per_place.set_weights([kernel[None, None]])
    pooled = keras.layers.GlobalAveragePooling2D(name="mean_of_places")(places)
    add_bias = keras.layers.Dense(1, name=LOGIT_OUTPUT)
    logit = add_bias(pooled)
    add_bias.set_weights([np.ones((1, 1), np.float32), bias])
    heat = keras.layers.Reshape(maps.shape[1:3], name=MAP_OUTPUT)(places)
    outputs = {LOGIT_OUTPUT: logit, MAP_OUTPUT: heat}
    return keras.Model(model.input, outputs, name=model.name)


def without_map(model: Any) -> list[NDArray[np.float32]]:
    """The weights of the network that :func:`with_map` took; its own without a map."""
    weights = [np.array(each) for each in model.get_weights()]
    if _PER_PLACE not in [layer.name for layer in model.layers]:
        return weights
    *body, per_place, ones, bias = weights
    return [*body, per_place[0, 0] * ones, bias]


def _check_head(model: Any, features: str) -> None:
    import keras

    names = [layer.name for layer in model.layers]
    if features not in names:
        raise ConfigurationError(f"{model.name} has no layer {features!r} to make a map of.")
    head = model.layers[names.index(features) + 1 :]
    kinds = [type(layer) for layer in head if not isinstance(layer, keras.layers.Dropout)]
    last = model.layers[-1]
    linear = kinds == [keras.layers.GlobalAveragePooling2D, keras.layers.Dense]
    if not linear or last.units != 1 or last.activation is not keras.activations.linear:
        told = ", ".join(f"{layer.name} ({type(layer).__name__})" for layer in head)
        raise ConfigurationError(
            f"The head of {model.name} after {features!r} is {told}; an exact map needs global "
            "average pooling and one linear unit. Set linear_head=False for Grad-CAM."
        )
