"""ONNX classifiers so small that NumPy repeats them by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIZE = 32
Floats = NDArray[np.float32]


class Network:
    """Weighs the places of a picture, adds them up by colour, and mixes the three sums.

    No two places and no two colours weigh the same, so that a picture which is turned,
    transposed or in another order of colours gets another answer.
    """

    def __init__(self, outputs: int = 1, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.places = random.random((SIZE, SIZE)).astype(np.float32) / SIZE**2
        self.mix = random.normal(scale=3, size=(3, outputs)).astype(np.float32)
        self.bias = random.normal(size=outputs).astype(np.float32)

    def logits(self, pictures: NDArray[Any]) -> Floats:
        """(n, size, size, 3), in the order and scale that the network takes → (n, outputs)."""
        sums = np.einsum("nhwc,hw->nc", pictures.astype(np.float32), self.places)
        return np.asarray(sums @ self.mix + self.bias, np.float32)

    def save(
        self,
        file: Path,
        *,
        layout: str = "nchw",
        activation: str | None = None,
        element: int = TensorProto.FLOAT,
        shape: tuple[int | str, ...] | None = None,
        batch: int | str = "n",
        **saving: Any,
    ) -> Path:
        """Write the network; its input is named ``picture``, its output ``answer``."""
        channels_first = layout == "nchw"
        sides: tuple[int, ...] = (3, SIZE, SIZE) if channels_first else (SIZE, SIZE, 3)
        places = self.places if channels_first else self.places[..., None]
        nodes = [
            helper.make_node("Cast", ["picture"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["floats", "places"], ["weighed"]),
            helper.make_node("ReduceSum", ["weighed", "sides"], ["sums"], keepdims=0),
            helper.make_node("Gemm", ["sums", "mix", "bias"], ["logits"]),
            helper.make_node(activation or "Identity", ["logits"], ["answer"]),
        ]
        constants: dict[str, NDArray[Any]] = {
            "places": places,
            "sides": np.array([2, 3] if channels_first else [1, 2], np.int64),
            "mix": self.mix,
            "bias": self.bias,
        }
        save(file, nodes, constants, shape or (batch, *sides), element=element, **saving)
        return file


def save(
    file: Path,
    nodes: list[Any],
    constants: dict[str, NDArray[Any]],
    shape: tuple[int | str, ...],
    *,
    element: int = TensorProto.FLOAT,
    inputs: tuple[str, ...] = ("picture",),
    outputs: tuple[str, ...] = ("answer",),
    **saving: Any,
) -> None:
    """Write a graph from ``picture``; outputs have no shape, as they need not in ONNX."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, element, shape) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    domains = {node.domain for node in nodes}
    versions = [helper.make_opsetid(domain, 1 if domain else 17) for domain in domains | {""}]
    model = helper.make_model(graph, opset_imports=versions, ir_version=10)
    onnx.save(model, file, **saving)
