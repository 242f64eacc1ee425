"""How many products a network adds up for one crop, and how fast a processor can do that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from core.openvino_core import openvino_core, ov

_CONVOLUTIONS = ("Convolution", "GroupConvolution")
_OPTIONS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
SIDE = 4096  # of the square matrices that a peak is measured by


@dataclass(frozen=True, slots=True)
class MultiplyAdds:
    """Multiply-accumulate operations (MAC) of one crop: those with weights in INT8, and others."""

    int8: int
    floating: int

    @classmethod
    def of(cls, file: Path) -> Self:
        """Counted in an OpenVINO file; products of two activations are among the others."""
        model = openvino_core().read_model(file)
        model.reshape([1, *list(model.input().partial_shape)[1:]])
        counts = {True: 0, False: 0}
        for node in model.get_ordered_ops():
            counts[_in_bytes(node)] += _count(node)
        return cls(counts[True], counts[False])

    @property
    def total(self) -> int:
        return self.int8 + self.floating


def matrix_product(*, int8: bool, side: int = SIDE) -> Any:
    """A compiled product of two matrices (side, side), the second constant."""
    ops, random = ov.opset13, np.random.default_rng(0)
    left = ops.parameter([side, side], np.float32)
    if int8:
        bytes_ = random.integers(-63, 64, (side, side), np.int8)
        right = ops.multiply(ops.convert(ops.constant(bytes_), "f32"), np.float32(0.01))
        taken = ops.fake_quantize(left, np.float32(0), *map(np.float32, (1, 0, 1)), 256)
    else:
        right, taken = ops.constant(random.random((side, side), np.float32)), left
    model = ov.Model([ops.matmul(taken, right, False, False)], [left])
    return openvino_core().compile_model(model, "CPU", _OPTIONS)


def _count(node: Any) -> int:
    """Products of one node: elements that come out, by products for each."""
    kind = node.get_type_name()
    if kind not in {*_CONVOLUTIONS, "MatMul"}:
        return 0
    out = math.prod(map(int, node.output(0).get_shape()))
    if kind == "MatMul":
        turned = bool(node.get_attributes()["transpose_a"])
        return out * int(node.input(0).get_shape()[-2 if turned else -1])
    weights = node.input(1).get_shape()
    # (out, in, h, w), or of groups (groups, out, in, h, w)
    return out * math.prod(map(int, weights[1:] if kind == "Convolution" else weights[2:]))


def _in_bytes(node: Any) -> bool:
    """Whether a weight of it is stored as bytes, behind its scale and conversion."""
    if node.get_input_size() < 2:
        return False
    source = node.input_value(1).get_node()
    while source.get_type_name() in {"Multiply", "Subtract", "Convert", "Reshape"}:
        source = source.input_value(0).get_node()
    stored = str(source.get_type_name()) == "Constant"
    return stored and str(source.get_element_type().to_string()) in {"i8", "u8"}
