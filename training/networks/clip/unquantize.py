"""Undoes the dynamic quantization of an ONNX graph: its matrices become float32 again.

ONNX Runtime's tool replaces the product of an activation and a constant matrix by
``DynamicQuantizeLinear → MatMulInteger → Cast → Mul``, where the last factor is the product of
the two scales. The matrix is ``(integer - zero point) * scale``; what its rounding lost stays lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError


def undo_quantization(graph: Any) -> int:
    """Replace every quantized product of an ``onnx.GraphProto`` in place; returns how many.

    Raises :class:`ConfigurationError` where one is not of the form above.
    """
    from onnx import helper, numpy_helper

    look = _Look(graph)
    products: dict[str, Any] = {}  # name of an output -> the node that makes it from now on
    gone: set[str] = set()  # outputs that nobody needs any more
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        activation, scaled, matrix = look.product(node)
        name = f"{node.name or node.output[0]}_float32"
        graph.initializer.append(numpy_helper.from_array(matrix, name))
        products[scaled] = helper.make_node("MatMul", [activation, name], [scaled], name=name)
        gone.update(node.output)
    kept = [
        products.get(node.output[0], node) for node in graph.node if gone.isdisjoint(node.output)
    ]
    del graph.node[:]
    graph.node.extend(kept)
    return len(products)


def cut_at(graph: Any, outputs: Iterable[str]) -> None:
    """Give an ``onnx.GraphProto`` these outputs, float32 of any shape, and drop what is behind."""
    from onnx import TensorProto, helper

    del graph.output[:]
    graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs
    )
    needed = {output.name for output in graph.output}
    kept: list[Any] = []
    for node in reversed(graph.node):  # ONNX lists a node behind those that it needs
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    tensors = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(tensors)


class _Look:
    """What makes and what uses a tensor of a graph."""

    def __init__(self, graph: Any) -> None:
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        self._makers = {name: node for node in graph.node for name in node.output}
        self._users: dict[str, list[Any]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self._users[name].append(node)

    def product(self, node: Any) -> tuple[str, str, NDArray[np.float32]]:
        """Of a MatMulInteger: the float activation, the float product, the float matrix."""
        try:
            quantized, integers, _, zero_point = node.input
            quantizer = self._maker(quantized, "DynamicQuantizeLinear")
            cast = self._only_user(node.output[0], "Cast")
            scaled = self._only_user(cast.output[0], "Mul")
            (scales,) = set(scaled.input) - set(cast.output)
            (scale,) = set(self._maker(scales, "Mul").input) - set(quantizer.output)
            whole = self._array(integers).astype(np.float32)
            matrix = (whole - self._array(zero_point).astype(np.float32)) * self._array(scale)
        except (KeyError, ValueError) as error:
            raise ConfigurationError(
                f"The quantized product {node.name or node.output[0]!r} is not of the form that "
                f"dynamic quantization makes: {error}."
            ) from error
        return quantizer.input[0], scaled.output[0], np.asarray(matrix, np.float32)

    def _maker(self, name: str, kind: str) -> Any:
        return _checked(self._makers[name], kind)

    def _only_user(self, name: str, kind: str) -> Any:
        (node,) = self._users[name]
        return _checked(node, kind)

    def _array(self, name: str) -> NDArray[Any]:
        from onnx import numpy_helper

        return np.asarray(numpy_helper.to_array(self._tensors[name]))


def _checked(node: Any, kind: str) -> Any:
    if node.op_type != kind:
        raise ValueError(f"{node.op_type} stands where {kind} is expected")
    return node
