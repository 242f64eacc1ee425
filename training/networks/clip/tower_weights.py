"""The weights of the tower by what they are, read from its ONNX file and given to Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.networks.clip.norms import norm_layers
from training.networks.clip.unquantize import undo_quantization
from training.networks.clip.wheel import DEVIATION, MEAN

if TYPE_CHECKING:
    from training.networks.clip.vision import Shape

Floats = NDArray[np.float32]

_EMBEDDINGS = "vision_model.embeddings"
_LAYER = "vision_model.encoder.layers"
_DENSE = {"dense1": "mlp.fc1", "dense2": "mlp.fc2"}
_SCALE_SHIFT = ("weight", "bias")
_PARTS = ("q_proj", "k_proj", "v_proj")


@dataclass(frozen=True, slots=True)
class TowerWeights:
    """Tensors under the names that the published model gives them.

    A matrix has the name of its bias, with ``weight``, and is (in, out).
    """

    tensors: Mapping[str, Floats]

    @classmethod
    def read(cls, file: Path) -> TowerWeights:
        """Those of an ONNX file; raises :class:`ConfigurationError` where it has other nodes."""
        import onnx
        from onnx import numpy_helper

        graph = onnx.load(file).graph
        undo_quantization(graph)
        found = {each.name: each for each in graph.initializer}
        matrices = {_matrix_name(n.name): n.input[1] for n in graph.node if n.op_type == "MatMul"}
        named = {name: found[name] for name in found if name.startswith("vision_model.")}
        named |= {name: found[key] for name, key in matrices.items() if key in found}
        return cls({key: np.asarray(numpy_helper.to_array(each)) for key, each in named.items()})

    def fill(self, model: Any, shape: Shape) -> None:
        """Give a network of :mod:`training.networks.clip.vision` these weights, but for its head.

        Raises :class:`ConfigurationError` where one is missing or has another shape.
        """
        try:
            model.get_layer("embedding").set_weights(self._embedding())
            for layer, name in norm_layers(shape.blocks).items():
                model.get_layer(layer).set_weights([self[f"{name}.{p}"] for p in _SCALE_SHIFT])
            for number in range(shape.blocks):
                self._fill_block(model, number, shape)
        except (KeyError, ValueError) as error:
            raise ConfigurationError(f"The weights are not those of the tower: {error}.") from error

    def __getitem__(self, name: str) -> Floats:
        return np.asarray(self.tensors[name], np.float32)

    def _embedding(self) -> list[Floats]:
        """Of patches of pixels in [0, 1]; the bias has the class token and all positions."""
        kernel = self[f"{_EMBEDDINGS}.patch_embedding.weight"].transpose(2, 3, 1, 0)
        kernel = kernel / np.array(DEVIATION, np.float32)[:, None]
        shift = -np.einsum("yxcw,c->w", kernel, np.array(MEAN, np.float32))
        bias = self[f"{_EMBEDDINGS}.position_embedding.weight"].copy()
        bias[0] += self[f"{_EMBEDDINGS}.class_embedding"].reshape(-1)
        bias[1:] += shift
        return [kernel.reshape(-1, kernel.shape[-1]), bias]

    def _fill_block(self, model: Any, number: int, shape: Shape) -> None:
        layer, heads = f"{_LAYER}.{number}", (shape.heads, shape.width // shape.heads)
        weights: list[Floats] = []
        for part in _PARTS:
            kernel, bias = self._dense(f"{layer}.self_attn.{part}")
            weights += [kernel.reshape(shape.width, *heads), bias.reshape(heads)]
        kernel, bias = self._dense(f"{layer}.self_attn.out_proj")
        weights += [kernel.reshape(*heads, shape.width), bias]
        model.get_layer(f"block_{number}_attention").set_weights(weights)
        for ours, theirs in _DENSE.items():
            model.get_layer(f"block_{number}_{ours}").set_weights(self._dense(f"{layer}.{theirs}"))

    def _dense(self, name: str) -> list[Floats]:
        return [self[f"{name}.weight"], self[f"{name}.bias"]]


def _matrix_name(node: str) -> str:
    """``/vision_model/encoder/layers.0/mlp/fc1/MatMul…`` → ``vision_model.….mlp.fc1.weight``."""
    return node.strip("/").rpartition("/")[0].replace("/", ".") + ".weight"
