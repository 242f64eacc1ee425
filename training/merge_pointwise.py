"""Two pointwise convolutions with nothing between them, as one.

The bottleneck of EfficientNet-Lite's first block is linear and nothing else reads it, so the next
block's expansion may read the map before it. A map fewer is written and read at the greatest
side, and a map with a wide range fewer is rounded where the network becomes INT8.
"""

# ruff: noqa: PLC0415 - OpenVINO takes a second to import: only where it is used

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_DEARER = 1.5  # times the multiplications of both, at most: later bottlenecks save more than a map


def merge_pointwise(model: Any) -> int:
    """Merge in place, in an ``ov.Model``; returns how many pairs were.

    The network says what it said, but for the rounding of float32.
    """
    merged = 0
    for second in model.get_ordered_ops():
        first = _only_before(second)
        if first is not None and _is_cheap(first, second):
            _merge(first, second)
            merged += 1
    model.validate_nodes_and_infer_types()
    return merged


def _only_before(second: Any) -> Any | None:
    """The convolution whose answer, with its bias, ``second`` alone reads; both pointwise."""
    if not _is_pointwise(second) or _bias_of(second) is None:
        return None
    between = _source(second, 0)
    if between.get_type_name() != "Add" or len(_readers(between)) != 1:
        return None
    first = _source(between, 0)
    return first if _is_pointwise(first) and _bias_of(first) is not None else None


def _bias_of(convolution: Any) -> Any | None:
    """The node that adds constants to a convolution and alone reads it."""
    readers = _readers(convolution)
    if len(readers) != 1 or readers[0].get_type_name() != "Add":
        return None
    return readers[0] if _is_constant(_source(readers[0], 1)) else None


def _is_pointwise(node: Any) -> bool:
    if node.get_type_name() != "Convolution" or not _is_constant(_source(node, 1)):
        return False
    places = list(node.input(1).get_shape())[2:]
    return places == [1, 1] and list(node.get_attributes()["strides"]) == [1, 1]


def _is_cheap(first: Any, second: Any) -> bool:
    between, before = list(first.input(1).get_shape())[:2]
    behind = second.input(1).get_shape()[0]
    return bool(before * behind <= _DEARER * between * (before + behind))


def _merge(first: Any, second: Any) -> None:
    from openvino import opset13 as ops

    early, late = _matrix(_source(first, 1)), _matrix(_source(second, 1))
    own, other = _readers(second)[0], _readers(first)[0]
    between = _source(other, 1).get_data().reshape(-1).astype(np.float64)
    bias = _source(own, 1).get_data() + (late @ between).astype(np.float32)[None, :, None, None]
    kernel = (late @ early).astype(np.float32)[:, :, None, None]
    second.input(0).replace_source_output(first.input(0).get_source_output())
    second.input(1).replace_source_output(ops.constant(kernel).output(0))
    own.input(1).replace_source_output(ops.constant(bias.astype(np.float32)).output(0))


def _matrix(weights: Any) -> NDArray[np.float64]:
    return np.asarray(weights.get_data()[:, :, 0, 0], np.float64)


def _readers(node: Any) -> list[Any]:
    return [port.get_node() for port in node.output(0).get_target_inputs()]


def _source(node: Any, index: int) -> Any:
    return node.input(index).get_source_output().get_node()


def _is_constant(node: Any) -> bool:
    return bool(node.get_type_name() == "Constant")
