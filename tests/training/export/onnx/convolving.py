"""An ONNX classifier with convolutions, whose logits deviate by 2 on the pictures of its tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from onnx import helper

from core.model.preprocess import Scaling, to_tensor
from core.openvino_core import openvino_core
from tests.training.export.onnx.onnx_models import SIZE, save

_CHANNELS = 16


def write_pictures(folder: Path, number: int = 80) -> Path:
    """Patches of random colours, of the size that the network takes; returns ``folder``."""
    folder.mkdir(parents=True)
    for index, picture in enumerate(_pictures(number)):
        cv2.imwrite(str(folder / f"{index:03d}.png"), picture)
    return folder


def convolving(file: Path) -> Path:
    """Two convolutions, their mean and a sigmoid."""
    random = np.random.default_rng(3)
    constants: dict[str, Any] = {
        "first": random.normal(scale=0.3, size=(_CHANNELS, 3, 3, 3)).astype(np.float32),
        "second": random.normal(scale=0.1, size=(_CHANNELS, _CHANNELS, 3, 3)).astype(np.float32),
        "mix": np.eye(_CHANNELS, dtype=np.float32),
        "bias": np.zeros(_CHANNELS, np.float32),
    }
    _save(file, constants, "Identity")
    features = _answers(file)
    # Along what they differ by most: else roundings weigh more than pictures.
    mix = 2 * _principal(features) / (features @ _principal(features)).std()
    constants |= {"mix": mix, "bias": -features.mean(axis=0) @ mix}
    _save(file, constants, "Sigmoid")
    return file


def _save(file: Path, constants: dict[str, Any], activation: str) -> None:
    strides = {"strides": [2, 2]}
    nodes = [
        helper.make_node("Conv", ["picture", "first"], ["a"], **strides),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second"], ["c"], **strides),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("GlobalAveragePool", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("Gemm", ["f", "mix", "bias"], ["g"]),
        helper.make_node(activation, ["g"], ["answer"]),
    ]
    save(file, nodes, constants, ("n", 3, SIZE, SIZE))


def _principal(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, d) → (d, 1), the direction of the greatest variance."""
    centred = features - features.mean(axis=0)
    return np.linalg.svd(centred, full_matrices=False)[2][:1].T


def _answers(file: Path) -> NDArray[np.float32]:
    tensor = to_tensor(np.stack(_pictures(64)), Scaling.UNIT).transpose(0, 3, 1, 2)
    return np.asarray(openvino_core().compile_model(str(file), "CPU")([tensor])[0])


def _pictures(number: int) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(5)
    # Sixteen patches in each: the ranges of all pictures are nearly the same, their means are not.
    patches = random.integers(0, 256, (number, 4, 4, 3)).astype(np.uint8)
    return list(np.kron(patches, np.ones((1, SIZE // 4, SIZE // 4, 1), np.uint8)))
