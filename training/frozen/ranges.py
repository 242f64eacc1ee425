"""What INT8 of a tower needs besides its weights: measured once on pictures, some kilobytes.

A product of an activation and a constant matrix is computed in 8-bit integers where the range of
the activation is known. A few channels of a transformer are far wider than the others, so each
channel is divided by a factor first, and the matrix multiplied by it (SmoothQuant; Xiao et al.
2022, arXiv:2211.10438). The matrices are not part of this: their scales follow from themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.openvino_core import openvino_core, ov
from training.frozen.tower import Tower

RANGES = "ranges.npz"  # the file of ranges
_SHARE = 0.8  # of the width of a channel that its factor takes from the activation
_STEPS = 4  # factors are powers of two, to a fourth of an exponent: a byte each, well packed
_BATCH = 4  # crops measured at once
_LEAST = 1e-5  # of a width, where a channel is always 0

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Product:
    """A product of a graph with a constant matrix; ``node`` is an ``ov.Node`` of type MatMul."""

    node: Any

    @property
    def name(self) -> str:
        return str(self.node.get_friendly_name())

    @property
    def activation(self) -> Any:
        """The ``ov.Output`` that the matrix is multiplied with."""
        return self.node.input_value(0)

    @property
    def matrix(self) -> Floats:
        """(in, out)"""
        matrix = np.asarray(self.node.input_value(1).get_node().data, np.float32)
        return matrix.T if self.node.get_attributes()["transpose_b"] else matrix


@dataclass(frozen=True, slots=True)
class Shared:
    """Products of one activation: they have one range and one factor for each channel."""

    products: tuple[Product, ...]

    @property
    def name(self) -> str:
        """That of the first product: it stays the same however the graph was written."""
        return self.products[0].name

    @property
    def activation(self) -> Any:
        return self.products[0].activation


def shared_products(graph: Any) -> Iterator[Shared]:
    """The products of an ``ov.Model`` with constant matrices, by their activations."""
    by_activation: dict[tuple[str, int], list[Product]] = {}
    for node in graph.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        constant = node.input_value(1).get_node()
        if constant.get_type_name() == "Constant" and len(constant.shape) == 2:
            source = node.input_value(0)
            key = (source.get_node().get_friendly_name(), source.get_index())
            by_activation.setdefault(key, []).append(Product(node))
    return (Shared(tuple(products)) for products in by_activation.values())


@dataclass(frozen=True, slots=True)
class Ranges:
    """Of each activation: the exponents of its channels' factors, and its range after division."""

    exponents: dict[str, NDArray[np.int8]]  # name of Shared → (channels,), in quarters
    low: dict[str, float]
    high: dict[str, float]

    def factors(self, name: str) -> Floats:
        """(channels,): what each channel is divided by."""
        return np.exp2(self.exponents[name].astype(np.float32) / _STEPS)

    @classmethod
    def measure(cls, tower: Tower, tensor: Floats) -> Self:
        """Of crops as the tower takes them, (n, size, size, 3)."""
        shared = list(shared_products(tower.graph))
        exponents, low, high = {}, {}, {}
        for each, (least, most) in zip(shared, _extremes(tower, shared, tensor), strict=True):
            widest = np.max([np.abs(product.matrix).max(1) for product in each.products], axis=0)
            activation = np.maximum(np.maximum(np.abs(least), np.abs(most)), _LEAST)
            ideal = _SHARE * np.log2(activation) - (1 - _SHARE) * np.log2(
                np.maximum(widest, _LEAST)
            )
            steps = np.clip(np.round(_STEPS * ideal), -127, 127).astype(np.int8)
            factors = np.exp2(steps.astype(np.float32) / _STEPS)
            exponents[each.name] = steps
            low[each.name] = float(min((least / factors).min(), 0.0))
            high[each.name] = float(max((most / factors).max(), 0.0))
        return cls(exponents, low, high)

    def save(self, file: Path) -> None:
        """Write one compressed file."""
        names = sorted(self.exponents)
        np.savez_compressed(
            file,
            names=np.array(names),
            low=np.array([self.low[name] for name in names], np.float32),
            high=np.array([self.high[name] for name in names], np.float32),
            exponents=np.concatenate([self.exponents[name] for name in names]),
            channels=np.array([len(self.exponents[name]) for name in names], np.int32),
        )

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what :meth:`save` wrote."""
        with np.load(file) as kept:
            names = kept["names"].tolist()
            parts = np.split(kept["exponents"], np.cumsum(kept["channels"])[:-1])
            low, high = kept["low"].tolist(), kept["high"].tolist()
        return cls(
            dict(zip(names, parts, strict=True)),
            dict(zip(names, low, strict=True)),
            dict(zip(names, high, strict=True)),
        )

    def check(self, shared: Shared) -> None:
        """Raise :class:`ConfigurationError` where the activation was not measured."""
        channels = len(shared.products[0].matrix)
        if len(self.exponents.get(shared.name, ())) != channels:
            raise ConfigurationError(
                f"The ranges of INT8 hold none for {shared.name} with {channels} channels: they "
                "were measured of another tower. Measure them again: deepfake models ranges."
            )


def _extremes(
    tower: Tower, shared: list[Shared], tensor: Floats
) -> Iterator[tuple[Floats, Floats]]:
    """The least and the greatest value of each channel of each activation over all crops."""
    probed = _with_extremes(tower, [each.name for each in shared])
    compiled = openvino_core().compile_model(probed, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found: list[Floats] = []
    for start in range(0, len(tensor), _BATCH):
        answers = compiled([tensor[start : start + _BATCH]])
        batch = [np.array(answers[place]) for place in range(2 * len(shared))]
        if found:
            batch = [
                (np.minimum, np.maximum)[place % 2](before, now)
                for place, (before, now) in enumerate(zip(found, batch, strict=True))
            ]
        found = batch
    return zip(found[::2], found[1::2], strict=True)


def _with_extremes(tower: Tower, names: list[str]) -> Any:
    """An ``ov.Model`` whose outputs are the least and the greatest of each channel, in turn."""
    graph = tower.graph.clone()
    by_name = {each.name: each for each in shared_products(graph)}
    ops, outputs = ov.opset13, []
    for name in names:
        activation = by_name[name].activation
        rank = len(activation.get_partial_shape())
        axes = np.arange(rank - 1, dtype=np.int64)  # all but the channels
        outputs += [ops.reduce_min(activation, axes), ops.reduce_max(activation, axes)]
    return ov.Model(outputs, graph.get_parameters(), "ranges")
