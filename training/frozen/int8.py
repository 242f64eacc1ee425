"""INT8 of a tower whose ranges were measured, made with OpenVINO alone and without a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.openvino_core import ov
from training.frozen.ranges import Product, Ranges, Shared, shared_products

_LEVELS = 256  # of an activation: one byte
# Of a weight: 7 bits. Processors without VNNI add two products of 8 bits in 16, which overflow;
# see decision 8.
_MOST = 63
_LEAST = 1e-9  # of a range: of an activation that is always 0

Floats = NDArray[np.float32]


def in_int8(graph: Any, ranges: Ranges) -> Any:
    """The ``ov.Model`` with its products with constant matrices in INT8, all else in float32.

    Products of two activations, softmax and normalization stay: they are a twentieth of the work,
    and their ranges are wide. Raises :class:`core.errors.ConfigurationError` for a graph that the
    ranges are not of.
    """
    model = graph.clone()
    for shared in list(shared_products(model)):
        ranges.check(shared)
        factors = ranges.factors(shared.name)
        quantized = _quantized(shared, factors, ranges.low[shared.name], ranges.high[shared.name])
        for product in shared.products:
            _replace(product, quantized, factors)
    model.validate_nodes_and_infer_types()
    return model


def _quantized(shared: Shared, factors: Floats, low: float, high: float) -> Any:
    """The activation, divided by its channels' factors, on a grid that holds 0 exactly."""
    ops = ov.opset13
    divided = ops.multiply(shared.activation, np.asarray(1 / factors, np.float32))
    step = max(high - low, _LEAST) / (_LEVELS - 1)
    below = round(-low / step)
    ends = [np.float32(end * step) for end in (-below, _LEVELS - 1 - below)]
    return ops.fake_quantize(divided, *ends, *ends, _LEVELS)


def _replace(product: Product, activation: Any, factors: Floats) -> None:
    """Put a product with integers, one scale for each output, in the place of a product."""
    ops = ov.opset13
    users = list(product.node.output(0).get_target_inputs())
    matrix = product.matrix * factors[:, None]
    widest = np.abs(matrix).max(axis=0, keepdims=True)
    scale = np.where(widest > 0, widest / _MOST, 1).astype(np.float32)
    integers = ops.constant(np.clip(np.round(matrix / scale), -_MOST, _MOST).astype(np.int8))
    weights = ops.multiply(ops.convert(integers, "f32"), ops.constant(scale))
    replaced = ops.matmul(activation, weights, False, False, name=f"{product.name}_int8")
    for user in users:
        user.replace_source_output(replaced.output(0))
