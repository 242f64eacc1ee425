"""A vision transformer of two blocks, quantized as ONNX Runtime's tool does it, made in code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper, save

from training.networks.clip.wheel import DEVIATION, MEAN

SIZE, PATCH, WIDTH, BLOCKS = 32, 16, 8, 2
Floats = NDArray[np.float32]


class TinyTower:
    """Four patches and a class token; a block adds ``tanh(tokens @ matrix + bias)`` to its input.

    The product behind the last block stands for the projection that nobody needs.
    """

    def __init__(self, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.patches = random.normal(0, 0.05, (WIDTH, 3, PATCH, PATCH)).astype(np.float32)
        self.class_token = random.normal(size=(1, 1, WIDTH)).astype(np.float32)
        self.integers = [
            random.integers(0, 256, (WIDTH, WIDTH)).astype(np.uint8) for _ in range(BLOCKS + 1)
        ]
        self.zero_points = [np.uint8(120 + place) for place in range(BLOCKS + 1)]
        self.scales = [np.float32(0.002 * (place + 1)) for place in range(BLOCKS + 1)]
        self.bias = random.normal(size=WIDTH).astype(np.float32)

    def features(self, crops: NDArray[np.uint8]) -> Floats:
        """(n, size, size, 3) uint8 RGB → (n, blocks, 2, width), worked out by NumPy."""
        pixels = (crops.astype(np.float32) / 255 - MEAN) / DEVIATION
        side = SIZE // PATCH
        cut = pixels.reshape(-1, side, PATCH, side, PATCH, 3)
        places = np.einsum("nyaxbc,wcab->nyxw", cut, self.patches).reshape(-1, side**2, WIDTH)
        first = np.broadcast_to(self.class_token, (len(crops), 1, WIDTH))
        tokens, found = np.concatenate([first, places], axis=1), []
        for place in range(BLOCKS):
            tokens = tokens + np.tanh(tokens @ self._matrix(place) + self.bias)
            found.append(np.stack([tokens[:, 0], tokens[:, 1:].mean(axis=1)], axis=1))
        return np.stack(found, axis=1).astype(np.float32)

    def model(self) -> ModelProto:
        """The ONNX model, (batch, 3, size, size) float32 → what the projection makes of it."""
        nodes = [
            helper.make_node("Conv", ["pixels", "patches"], ["map"], strides=[PATCH, PATCH]),
            helper.make_node("Reshape", ["map", "flat"], ["row"]),
            helper.make_node("Transpose", ["row"], ["places"], perm=[0, 2, 1]),
            helper.make_node("ReduceMean", ["places"], ["mean"], axes=[1]),
            helper.make_node("Mul", ["mean", "nothing"], ["empty"]),
            helper.make_node("Add", ["empty", "class_token"], ["first"]),
            helper.make_node("Concat", ["first", "places"], ["tokens_0"], axis=1),
        ]
        tensors = {
            "patches": self.patches,
            "flat": np.array([0, WIDTH, -1], np.int64),
            "nothing": np.array(0, np.float32),
            "class_token": self.class_token,
            "bias": self.bias,
        }
        for place in range(BLOCKS + 1):
            nodes += self._block(place)
            tensors[f"integers_{place}"] = self.integers[place]
            tensors[f"zero_{place}"] = np.array(self.zero_points[place])
            tensors[f"scale_{place}"] = np.array(self.scales[place])
        shape = ["batch", 3, SIZE, SIZE]
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(f"tokens_{BLOCKS + 1}", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(value, name) for name, value in tensors.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)

    def save(self, file: Path) -> Path:
        """Write the ONNX model; returns its path."""
        save(self.model(), file)
        return file

    def _matrix(self, place: int) -> Floats:
        whole = self.integers[place].astype(np.float32) - np.float32(self.zero_points[place])
        return np.asarray(whole * self.scales[place], np.float32)

    def _block(self, place: int) -> list[Any]:
        tokens, name = f"tokens_{place}", f"/vision_model/encoder/layers.{place}/Add_1"
        if place == BLOCKS:
            name = "projection"
        parts = [f"{kind}_{place}" for kind in ("bytes", "step", "middle")]
        product = [parts[0], f"integers_{place}", parts[2], f"zero_{place}"]
        return [
            helper.make_node("DynamicQuantizeLinear", [tokens], parts),
            helper.make_node("MatMulInteger", product, [f"whole_{place}"], name=f"product_{place}"),
            helper.make_node("Cast", [f"whole_{place}"], [f"cast_{place}"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [parts[1], f"scale_{place}"], [f"scales_{place}"]),
            helper.make_node("Mul", [f"cast_{place}", f"scales_{place}"], [f"scaled_{place}"]),
            helper.make_node("Add", ["bias", f"scaled_{place}"], [f"sum_{place}"]),
            helper.make_node("Tanh", [f"sum_{place}"], [f"bent_{place}"]),
            helper.make_node("Add", [tokens, f"bent_{place}"], [f"tokens_{place + 1}"], name=name),
        ]
