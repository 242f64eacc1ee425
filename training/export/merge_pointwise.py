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

from training.export.graph import bias_of, is_constant, is_pointwise, readers, source

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
    if not _is_fixed(second) or bias_of(second) is None:
        return None
    between = source(second, 0)
    if between.get_type_name() != "Add" or len(readers(between)) != 1:
        return None
    first = source(between, 0)
    return first if _is_fixed(first) and bias_of(first) is not None else None


def _is_fixed(node: Any) -> bool:
    return is_pointwise(node) and is_constant(source(node, 1))


def _is_cheap(first: Any, second: Any) -> bool:
    between, before = list(first.input(1).get_shape())[:2]
    behind = second.input(1).get_shape()[0]
    return bool(before * behind <= _DEARER * between * (before + behind))


def _merge(first: Any, second: Any) -> None:
    from core.openvino_core import ov

    early, late = _matrix(source(first, 1)), _matrix(source(second, 1))
    own, other = readers(second)[0], readers(first)[0]
    between = source(other, 1).get_data().reshape(-1).astype(np.float64)
    bias = source(own, 1).get_data() + (late @ between).astype(np.float32)[None, :, None, None]
    kernel = (late @ early).astype(np.float32)[:, :, None, None]
    second.input(0).replace_source_output(first.input(0).get_source_output())
    second.input(1).replace_source_output(ov.opset13.constant(kernel).output(0))
    own.input(1).replace_source_output(ov.opset13.constant(bias.astype(np.float32)).output(0))


def _matrix(weights: Any) -> NDArray[np.float64]:
    return np.asarray(weights.get_data()[:, :, 0, 0], np.float64)
