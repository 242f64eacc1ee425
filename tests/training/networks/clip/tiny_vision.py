"""A vision transformer of two blocks with the names of CLIP's, as an ONNX model made in code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, save

from training.networks.clip.vision import SLOPE, Shape

SHAPE = Shape(size=8, patch=4, width=8, heads=2, hidden=12, blocks=2)
Floats = NDArray[np.float32]

_ROOT, _NODES = "vision_model", "/vision_model/encoder/layers.{}"


class TinyVision:
    """Its tensors by their published names; matrices by the nodes that multiply with them."""

    def __init__(self, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.tensors: dict[str, Floats] = {}
        self.nodes: list[NodeProto] = []

        def draw(name: str, *shape: int, around: float = 0.0) -> None:
            self.tensors[name] = random.normal(around, 0.3, shape).astype(np.float32)

        s = SHAPE
        draw(f"{_ROOT}.embeddings.patch_embedding.weight", s.width, 3, s.patch, s.patch)
        draw(f"{_ROOT}.embeddings.class_embedding", s.width)
        draw(f"{_ROOT}.embeddings.position_embedding.weight", s.places + 1, s.width)
        norms = [f"{_ROOT}.pre_layrnorm"]
        for number in range(s.blocks):
            layer = f"{_ROOT}.encoder.layers.{number}"
            norms += [f"{layer}.layer_norm1", f"{layer}.layer_norm2"]
            for part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
                self._draw_dense(draw, f"{layer}.{part}", s.width, s.width)
            self._draw_dense(draw, f"{layer}.self_attn.out_proj", s.width, s.width)
            self._draw_dense(draw, f"{layer}.mlp.fc1", s.width, s.hidden)
            self._draw_dense(draw, f"{layer}.mlp.fc2", s.hidden, s.width)
        for name in norms:
            draw(f"{name}.weight", s.width, around=1.0)
            draw(f"{name}.bias", s.width)

    def save(self, file: Path) -> Path:
        """Write the ONNX model; returns its path."""
        save(self.model(), file)
        return file

    def model(self) -> ModelProto:
        """(batch, 3, size, size) float32 → the tokens of the last block."""
        self.nodes = []
        tokens = self._norm(self._stem(), f"{_ROOT}.pre_layrnorm")
        for number in range(SHAPE.blocks):
            tokens = self._block(tokens, number)
        constants = {
            "flat": np.array([0, SHAPE.width, -1], np.int64),
            "split": np.array([0, 0, SHAPE.heads, -1], np.int64),
            "joined": np.array([0, 0, -1], np.int64),
            "first": np.array([1, 1, -1], np.int64),
            "nothing": np.array(0, np.float32),
            "slope": np.array(SLOPE, np.float32),
            "shrink": np.array((SHAPE.width // SHAPE.heads) ** -0.5, np.float32),
        }
        named = {_matrix(name): value for name, value in self.tensors.items()}
        graph = helper.make_graph(
            self.nodes,
            "tiny",
            [
                helper.make_tensor_value_info(
                    "pixels", TensorProto.FLOAT, ["batch", 3, SHAPE.size, SHAPE.size]
                )
            ],
            [helper.make_tensor_value_info(tokens, TensorProto.FLOAT, None)],
            [numpy_helper.from_array(v, k) for k, v in {**named, **constants}.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    @staticmethod
    def _draw_dense(draw: Any, name: str, inputs: int, outputs: int) -> None:
        draw(f"{name}.weight", inputs, outputs)
        draw(f"{name}.bias", outputs)

    def _add(self, kind: str, inputs: list[str], name: str, **options: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [f"{name}:0"], name=name, **options))
        return f"{name}:0"

    def _stem(self) -> str:
        root, step = f"{_ROOT}.embeddings", [SHAPE.patch, SHAPE.patch]
        x = self._add("Conv", ["pixels", f"{root}.patch_embedding.weight"], "conv", strides=step)
        x = self._add("Transpose", [self._add("Reshape", [x, "flat"], "row")], "t", perm=[0, 2, 1])
        empty = self._add("Mul", [self._add("ReduceMean", [x], "mean", axes=[1]), "nothing"], "no")
        token = self._add("Reshape", [f"{root}.class_embedding", "first"], "token")
        x = self._add("Concat", [self._add("Add", [empty, token], "placed"), x], "all", axis=1)
        return self._add("Add", [x, f"{root}.position_embedding.weight"], "embedded")

    def _norm(self, x: str, name: str) -> str:
        ends = [f"{name}.weight", f"{name}.bias"]
        return self._add("LayerNormalization", [x, *ends], f"{name}/n", axis=-1, epsilon=1e-5)

    def _dense(self, x: str, number: int, part: str) -> str:
        node = f"{_NODES.format(number)}/{part}"
        name = f"{_ROOT}.encoder.layers.{number}.{part.replace('/', '.')}"
        product = self._add("MatMul", [x, _matrix(f"{name}.weight")], f"{node}/MatMul")
        return self._add("Add", [f"{name}.bias", product], f"{node}/Add")

    def _block(self, tokens: str, number: int) -> str:
        node, layer = _NODES.format(number), f"{_ROOT}.encoder.layers.{number}"
        x = self._norm(tokens, f"{layer}.layer_norm1")
        parts = {}
        for letter, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
            y = self._dense(x, number, f"self_attn/{letter}_proj")
            y = self._add("Reshape", [y, "split"], f"{node}/{letter}_split")
            parts[letter] = self._add("Transpose", [y], f"{node}/{letter}", perm=order)
        y = self._add("MatMul", [parts["q"], parts["k"]], f"{node}/scores")
        y = self._add(
            "Softmax", [self._add("Mul", [y, "shrink"], f"{node}/s")], f"{node}/p", axis=-1
        )
        y = self._add("MatMul", [y, parts["v"]], f"{node}/mixed")
        y = self._add("Transpose", [y], f"{node}/back", perm=[0, 2, 1, 3])
        y = self._dense(
            self._add("Reshape", [y, "joined"], f"{node}/j"), number, "self_attn/out_proj"
        )
        x = self._add("Add", [tokens, y], f"{node}/Add")
        y = self._dense(self._norm(x, f"{layer}.layer_norm2"), number, "mlp/fc1")
        gate = self._add("Sigmoid", [self._add("Mul", [y, "slope"], f"{node}/m")], f"{node}/g")
        y = self._dense(self._add("Mul", [y, gate], f"{node}/gelu"), number, "mlp/fc2")
        return self._add("Add", [x, y], f"{node}/Add_1")


def _matrix(name: str) -> str:
    """Matrices go by numbers in an ONNX file that PyTorch wrote; all else keeps its name."""
    dense = name.endswith("weight") and (".self_attn." in name or ".mlp." in name)
    return f"onnx::MatMul_{abs(hash(name))}" if dense else name
