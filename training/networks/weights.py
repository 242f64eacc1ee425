"""Where a network's first weights come from: ImageNet, a file, or nowhere; said aloud."""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from training.export.class_activation import without_map
from training.networks.enlarge import is_learned
from training.networks.network import Network

_KERAS = ".keras"
IMAGENET = "imagenet"
NONE = "none"


def load_network(source: str) -> Any:
    """The saved network of a ``.keras`` file, or ``FILE.keras:expert_0``: one of a bundle's.

    Raises :class:`ConfigurationError` when it is absent or unreadable.
    """
    import keras

    path, expert = _parse(source)
    try:
        return _expert(keras.saving.load_model(path, compile=False), expert)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{source} cannot be read as a network: {error}") from error


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
    path, expert = _parse(source)
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


def _parse(source: str) -> tuple[Path, str]:
    """A file, and the expert in it or nothing."""
    name, keras_file, expert = source.partition(f"{_KERAS}:")
    return Path(name + keras_file.rstrip(":")), expert


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
        _copy(_expert(saved, expert), model)
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


def _expert(saved: Any, name: str) -> Any:
    """The network of that name inside ``saved``, or itself; ValueError when there is none."""
    if not name:
        return saved
    if name not in _nested(saved):
        raise ValueError(f"it has no {name!r} in it, only: {', '.join(_nested(saved)) or 'none'}")
    return saved.get_layer(name)


def _nested(saved: Any) -> list[str]:
    return [layer.name for layer in saved.layers if hasattr(layer, "layers")]


def _copy(saved: Any, model: Any) -> None:
    """Copy weights in the order of layers, nested or not; ValueError when shapes differ."""
    ours = [each for layer in model.layers if is_learned(layer) for each in layer.weights]
    theirs = without_map(saved)
    if len(ours) != len(theirs):
        inside = "".join(f"; FILE.keras:{name} names a network in it" for name in _nested(saved))
        raise ValueError(f"it has {len(theirs)} arrays of weights instead of {len(ours)}{inside}")
    for mine, other in zip(ours, theirs, strict=True):
        if mine.shape != other.shape:
            raise ValueError(f"it has the shape {other.shape} where {mine.path} has {mine.shape}")
    for mine, other in zip(ours, theirs, strict=True):
        mine.assign(other)
