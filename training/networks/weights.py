"""Where a network's first weights come from: ImageNet, a file, or nowhere; said aloud."""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training import trunk
from training.class_activation import without_map
from training.networks.network import Network

_KERAS = ".keras"
IMAGENET = "imagenet"
NONE = "none"


def load_weights(network: Network, model: Any, source: str) -> str:
    """Fill ``model`` from ``imagenet``, ``none`` or a file; returns the sentence to show.

    A file is a whole saved network of the same architecture (``.keras``, ``.h5``), the weights
    of one, or those of the base alone as Keras publishes them (``*_notop.h5``). The network of
    a bundle is one too; of several experts, ``model.keras:expert_0`` is the first.
    Raises :class:`ConfigurationError` when it is absent, unreadable or does not fit.
    """
    if source == NONE:
        return "weights: none, every layer starts at random"
    if source == IMAGENET:
        network.load_imagenet(model)
        return f"weights: ImageNet in the base of {network.name}, the head starts at random"
    name, keras_file, expert = source.partition(f"{_KERAS}:")
    path = Path(name + keras_file.rstrip(":"))
    if not path.is_file():
        raise ConfigurationError(
            f"There are no weights {source!r}: give imagenet, none, or a .keras or .h5 file."
        )
    if path.suffix not in (_KERAS, ".h5"):
        raise ConfigurationError(f"{path.name} has weights of no known kind; give .keras or .h5.")
    try:
        return f"weights: {path}, {_load_file(network, model, path, expert)}"
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} does not fit {network.name} or cannot be read: {error}"
        ) from error


def load_trunk(network: Network, model: Any, source: str, layers: int) -> str:
    """Fill the first ``layers`` of the base from such a source; returns the sentence to show.

    Networks that have them in common, and keep them frozen, need them computed only once:
    see :mod:`training.trunk`. Raises :class:`ConfigurationError` as :func:`load_weights`.
    """
    import keras

    other = keras.models.clone_model(model)
    told = load_weights(network, other, source)
    trunk.copy(other, model, layers)
    return f"first {layers} layers of {told.removeprefix('weights: ')}"


def _load_file(network: Network, model: Any, path: Path, expert: str) -> str:
    """Fill ``model`` or its base; returns which of the two, or which expert filled it."""
    import h5py
    import keras

    attributes: dict[str, Any] = {}
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            attributes = dict(file.attrs)
    if path.suffix == _KERAS or "model_config" in attributes:
        saved = keras.saving.load_model(path, compile=False)
        _copy(saved, expert, model)
        return expert or "the whole network"
    if "layer_names" not in attributes:  # as model.save_weights writes it
        model.load_weights(path)
        return "the whole network"
    base = keras.Model(model.input, model.get_layer(network.features).output)
    if len(attributes["layer_names"]) != len(base.layers):
        model.load_weights(path)
        return "the whole network"
    base.load_weights(path)
    return "the base; the head starts at random"


def _arrays(saved: Any, expert: str) -> list[NDArray[np.float32]]:
    """The weights of that network inside ``saved``, or its own; ValueError when there is none."""
    if not expert:
        return without_map(saved)
    names = _nested(saved)
    if expert not in names:
        raise ValueError(f"it has no {expert!r} in it, only: {', '.join(names) or 'none'}")
    common = [layer for layer in saved.layers if layer.name == trunk.NAME]
    first = common[0].get_weights() if common else []
    return [*first, *without_map(saved.get_layer(expert))]


def _nested(saved: Any) -> list[str]:
    inside = [layer.name for layer in saved.layers if hasattr(layer, "layers")]
    return [name for name in inside if name != trunk.NAME]


def _copy(saved: Any, expert: str, model: Any) -> None:
    """Copy weights in the order of layers, nested or not; ValueError when shapes differ."""
    ours, theirs = model.weights, _arrays(saved, expert)
    if len(ours) != len(theirs):
        nested = [] if expert else _nested(saved)
        inside = "".join(f"; FILE.keras:{name} names a network in it" for name in nested)
        raise ValueError(f"it has {len(theirs)} arrays of weights instead of {len(ours)}{inside}")
    for mine, other in zip(ours, theirs, strict=True):
        if mine.shape != other.shape:
            raise ValueError(f"it has the shape {other.shape} where {mine.path} has {mine.shape}")
    model.set_weights(theirs)
