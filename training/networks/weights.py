"""Where a network's first weights come from: ImageNet, a file, or nowhere; said aloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from training.export.class_activation import without_map
from training.networks.network import Network

_KERAS = ".keras"
IMAGENET = "imagenet"
NONE = "none"


def load_weights(network: Network, model: Any, source: str) -> str:
    """Fill ``model`` from ``imagenet``, ``none`` or a file; returns the sentence to show.

    A file is a whole saved network of the same architecture (``.keras``, ``.h5``), the weights
    of one, or those of the base alone as Keras publishes them (``*_notop.h5``). The network of
    a bundle is one too.
    Raises :class:`ConfigurationError` when it is absent, unreadable or does not fit.
    """
    if source == NONE:
        return "weights: none, every layer starts at random"
    if source == IMAGENET:
        network.load_imagenet(model)
        return (
            f"weights: {network.published} in the base of {network.name}, the head starts at random"
        )
    path = Path(source)
    if not path.is_file():
        raise ConfigurationError(
            f"There are no weights {source!r}: give imagenet, none, or a .keras or .h5 file."
        )
    if path.suffix not in (_KERAS, ".h5"):
        raise ConfigurationError(f"{path.name} has weights of no known kind; give .keras or .h5.")
    try:
        return f"weights: {path}, {_load_file(network, model, path)}"
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} does not fit {network.name} or cannot be read: {error}"
        ) from error


def _load_file(network: Network, model: Any, path: Path) -> str:
    """Fill ``model`` or its base; returns which of the two."""
    import h5py
    import keras

    attributes: dict[str, Any] = {}
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            attributes = dict(file.attrs)
    if path.suffix == _KERAS or "model_config" in attributes:
        _copy(keras.saving.load_model(path, compile=False), model)
        return "the whole network"
    base = keras.Model(model.input, model.get_layer(network.features).output)
    # model.save_weights of Keras 3 writes no such list.
    if len(attributes.get("layer_names", ())) == len(base.layers):
        base.load_weights(path)
        return "the base; the head starts at random"
    model.load_weights(path)
    return "the whole network"


def _copy(saved: Any, model: Any) -> None:
    """Copy weights in the order of layers, nested or not; ValueError when shapes differ."""
    ours, theirs = model.weights, without_map(saved)
    if len(ours) != len(theirs):
        raise ValueError(f"it has {len(theirs)} arrays of weights instead of {len(ours)}")
    for mine, other in zip(ours, theirs, strict=True):
        if mine.shape != other.shape:
            raise ValueError(f"it has the shape {other.shape} where {mine.path} has {mine.shape}")
    for mine, other in zip(ours, theirs, strict=True):
        mine.assign(other)
