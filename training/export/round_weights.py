"""Rounds the weights of an INT8 network so that their errors cancel.

Convolutions go from the input to the output. Each aims at what FP32 says, given the inputs that
the rounded ones before it make: :func:`training.export.gptq.gptq` rounds the pointwise ones,
which make nearly all of INT8's error, and the bias of every one takes what is left in the mean.
"""

# ruff: noqa: PLC0415 - OpenVINO takes a second to import: only where it is used

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve

from core.errors import BundleInvalid
from training.evaluate.progress import tracked
from training.export.gptq import Matrix, gptq
from training.export.graph import CONVOLUTIONS, bias_of, dominators, is_pointwise, source
from training.export.segment import Map, Segment

_PLACES = 100_000  # of all maps together, that a layer is fitted on
_FEWEST = 8  # batches, however great a map is
_DAMPING = 1e-2  # of the mean variance of an input
_LEAST = 1e-4  # variance of inputs, of their mean square: float32 sums are wrong by 1e-5 of it

_Pair = tuple[list[Map], list[Map]]  # of INT8 and FP32, batch for batch


@dataclass(frozen=True, slots=True)
class _Layer:
    """A convolution, and what all that it knows of the crops comes through."""

    ours: Any  # in the INT8 network
    theirs: Any  # in FP32
    bias: Any  # the node that adds it in the INT8 network
    answer: str  # the one in FP32
    ways: list[str]  # nodes: its input, before that is rounded, and so on to the crops

    @property
    def area(self) -> int:
        """Places of a map that it reads."""
        sides = list(self.theirs.input(0).get_partial_shape())[2:]
        return math.prod(side.get_length() for side in sides)

    def nearest(self, known: Container[str]) -> str:
        """The nearest of its ways whose maps are known, as the crops always are."""
        return next(name for name in self.ways if name in known)


@dataclass(slots=True)
class _Moments:
    """Sums over places of what INT8 has, x, and of FP32's answers, y.

    x are the inputs of a pointwise layer, and of another its answers without the bias.
    """

    count: int = 0
    x: Any = 0.0  # (inputs,)
    y: Any = 0.0  # (outputs,)
    xx: Any = 0.0  # (inputs, inputs)
    yx: Any = 0.0  # (outputs, inputs)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @property
    def means(self) -> tuple[Matrix, Matrix]:
        """Of x, (inputs,), and of y, (outputs,)."""
        return self.x / self.count, self.y / self.count

    def add(self, x: Map, y: Map, places: int, *, together: bool) -> None:
        """Take ``places`` of each map, (n, channels, height, width)."""
        chosen = self.random.permutation(x.shape[2] * x.shape[3])[:places]
        x, y = _columns(x, chosen), _columns(y, chosen)
        self.count += x.shape[1]
        self.x, self.y = self.x + x.sum(1, np.float64), self.y + y.sum(1, np.float64)
        if together:
            self.xx += (x @ x.T).astype(np.float64)
            self.yx += (y @ x.T).astype(np.float64)


def round_weights(quantized: Any, reference: Any, batches: Sequence[Map]) -> None:
    """Change weights and biases of ``quantized``, an ``ov.Model``, in place.

    ``reference`` is what was quantized, whose nodes have the same names; ``batches``
    (n, size, size, 3) are crops to fit on, the more the smaller a layer's maps are.
    :class:`BundleInvalid` where a pointwise convolution has the same inputs in all of them.
    """
    layers = _layers(quantized, reference)
    crops = reference.get_parameters()[0].get_friendly_name()
    known: dict[str, _Pair] = {crops: (list(batches), list(batches))}
    for index, layer in enumerate(tracked(layers, "weights of INT8")):
        start = layer.nearest(known)
        wanted = math.ceil(_PLACES / layer.area / len(batches[0]))
        some = batches[: max(_FEWEST, wanted)]
        for maps, model in zip(known[start], (quantized, reference), strict=True):
            if missing := some[len(maps) :]:
                way = Segment(model, crops, [start])
                maps += [way.run(batch)[0] for batch in missing]
        ready = known[start][0][: len(some)], known[start][1][: len(some)]
        moments, inputs = _read(layer, (quantized, reference), start, ready)
        _fit(layer, moments)
        known.setdefault(layer.ways[0], inputs)
        used = {crops, *(later.nearest(known) for later in layers[index + 1 :])}
        known = {name: pair for name, pair in known.items() if name in used}
    quantized.validate_nodes_and_infer_types()


def _read(
    layer: _Layer, models: tuple[Any, Any], start: str, maps: _Pair
) -> tuple[_Moments, _Pair]:
    """What to fit on, and the maps of the layer's input; from those of the node ``start``."""
    near = layer.ways[0]
    taken = source(layer.ours, 0) if is_pointwise(layer.ours) else layer.ours
    int8 = Segment(models[0], start, [near, taken.get_friendly_name()])
    fp32 = Segment(models[1], start, [near, layer.answer])
    places = _PLACES // sum(map(len, maps[0])) + 1
    moments = _Moments()
    kept: _Pair = ([], [])
    for ours, theirs in zip(*maps, strict=True):
        (our_input, x), (their_input, y) = int8.run(ours), fp32.run(theirs)
        moments.add(x, y, places, together=is_pointwise(layer.ours))
        kept[0].append(our_input)
        kept[1].append(their_input)
    return moments, kept


def _layers(quantized: Any, reference: Any) -> list[_Layer]:
    by_name = {node.get_friendly_name(): node for node in reference.get_ordered_ops()}
    ways = dominators(reference)
    found = []
    for ours in quantized.get_ordered_ops():
        theirs = by_name.get(ours.get_friendly_name())
        if theirs is None or not _has_steps(ours):
            continue
        bias, answer = bias_of(ours), bias_of(theirs)
        if bias is not None and answer is not None:
            name = theirs.get_friendly_name()
            found.append(_Layer(ours, theirs, bias, answer.get_friendly_name(), ways[name]))
    return found


def _has_steps(node: Any) -> bool:
    """Whether it is a convolution by a scale for each output, times whole numbers."""
    if node.get_type_name() not in CONVOLUTIONS:
        return False
    weights = source(node, 1)
    if weights.get_type_name() != "Multiply":
        return False
    return bool(source(weights, 0).get_type_name() == "Convert")


def _fit(layer: _Layer, moments: _Moments) -> None:
    from core.openvino_core import ov

    x, y = moments.means
    answer = _round(layer, moments) @ x if is_pointwise(layer.ours) else x
    bias = (y - answer).astype(np.float32).reshape(1, -1, 1, 1)
    layer.bias.input(1).replace_source_output(ov.opset13.constant(bias).output(0))


def _round(layer: _Layer, moments: _Moments) -> Matrix:
    """Change the weights; returns what they are now, (outputs, inputs)."""
    from core.openvino_core import ov

    x, y = moments.means
    covariance = _covariance(layer, moments)
    damped = covariance + np.eye(len(x)) * (_DAMPING * np.diag(covariance).mean())
    together = moments.yx / moments.count - np.outer(y, x)
    weights = source(layer.theirs, 1).get_data()
    before = weights.reshape(len(weights), -1).astype(np.float64)
    scale = source(source(layer.ours, 1), 1).get_data().reshape(-1, 1).astype(np.float64)
    limit = int(np.floor((np.abs(before) / scale).max() + 1e-3))
    missing = together - before @ covariance
    wanted = before + solve(damped, missing.T, assume_a="pos").T
    steps = gptq(wanted / scale, damped, limit)
    whole = ov.opset13.constant(steps.astype(np.int8).reshape(weights.shape))
    source(source(layer.ours, 1), 0).input(0).replace_source_output(whole.output(0))
    return np.asarray(steps * scale)


def _covariance(layer: _Layer, moments: _Moments) -> Matrix:
    """Of the inputs of a pointwise layer, (inputs, inputs)."""
    x, _ = moments.means
    squares = moments.xx / moments.count
    covariance = squares - np.outer(x, x)
    if not np.trace(covariance) > _LEAST * np.trace(squares):
        raise BundleInvalid(
            f"Convolution {layer.ours.get_friendly_name()!r} gets the same inputs everywhere in "
            f"{moments.count:,} places of the crops, so its INT8 weights cannot be fitted: the "
            "network is dead there, or the crops are all alike. --no-int8 exports it without."
        )
    return np.asarray(covariance)


def _columns(maps: Map, places: NDArray[np.int64]) -> Map:
    """(n, channels, height, width) -> (channels, n x places)."""
    chosen = maps.reshape(*maps.shape[:2], -1)[:, :, places]
    return np.moveaxis(chosen, 1, 0).reshape(maps.shape[1], -1)
