"""The normalizations of the tower: all of it that tuning moves, 38,400 numbers of ViT-B/16.

A scale and a shift for each channel before each part of a block. They turn up what the frozen
matrices already see and tell fakes by, and are too few to learn pictures by heart (Yermakov et al.
2026, arXiv:2508.06248, tune them alone).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError

EPSILON = 1e-5  # beside the variance
NORMS = "norms.npz"  # the file of tuned normalizations
_ENDS = ("weight", "bias")

Floats = NDArray[np.float32]


def norm_layers(blocks: int) -> dict[str, str]:
    """Name of each LayerNormalization in Keras → its name in the published model."""
    layer = "vision_model.encoder.layers"
    return {"pre_norm": "vision_model.pre_layrnorm"} | {
        f"block_{number}_norm{part}": f"{layer}.{number}.layer_norm{part}"
        for number in range(blocks)
        for part in (1, 2)
    }


@dataclass(frozen=True, slots=True)
class Norms:
    """Scales and shifts under the names of the published model, (width,) float32 each."""

    tensors: Mapping[str, Floats]

    @classmethod
    def of_network(cls, model: Any) -> Self:
        """Those of a ``keras.Model`` of :mod:`training.networks.clip.vision`."""
        blocks = sum(layer.name.endswith("_attention") for layer in model.layers)
        found: dict[str, Floats] = {}
        for layer, name in norm_layers(blocks).items():
            for end, value in zip(_ENDS, model.get_layer(layer).get_weights(), strict=True):
                found[f"{name}.{end}"] = np.asarray(value, np.float32)
        return cls(found)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Those of a file that :meth:`save` wrote.

        Raises :class:`ConfigurationError` when it cannot be read or is of another network.
        """
        try:
            with np.load(file) as saved:
                return cls({name: saved[name] for name in saved.files})
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{file} holds no normalizations of CLIP's tower: {error}"
            ) from error

    def save(self, file: Path) -> None:
        """Write them to a ``.npz`` file."""
        tensors: dict[str, Any] = dict(self.tensors)
        np.savez_compressed(file, **tensors)

    @property
    def key(self) -> str:
        """16 hexadecimal digits that change with any of the numbers."""
        digest = hashlib.sha256()
        for name in sorted(self.tensors):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.tensors[name], np.float32).tobytes())
        return digest.hexdigest()[:16]

    def put_into(self, graph: Any) -> None:
        """Replace those of an ``onnx.GraphProto``; :class:`ConfigurationError` if it has others."""
        from onnx import numpy_helper

        there = {tensor.name: tensor for tensor in graph.initializer}
        for name, value in self.tensors.items():
            if name not in there or tuple(there[name].dims) != value.shape:
                raise ConfigurationError(
                    f"The tower has no normalization {name} of the shape {value.shape}."
                )
            there[name].CopyFrom(numpy_helper.from_array(np.asarray(value, np.float32), name))
