"""CLIP ViT-B/16 as a frozen network that answers with what each of its blocks knows of a crop.

Of the last block alone a linear head tells generated faces from photographs well and swapped ones
badly; what a swap leaves is in the blocks before (Ojha et al. 2023, arXiv:2302.10174, take the last
one; Koutlis and Papadopoulos 2024, arXiv:2402.19091, all of them).
"""

# ruff: noqa: PLC0415 - onnx takes a second to import: only where it is used

from __future__ import annotations

from itertools import count, takewhile
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.model.bundle import sha256_of
from core.model.preprocess import Scaling
from core.openvino_core import openvino_core, ov
from training.frozen.tower import Tower
from training.networks.clip.unquantize import cut_at, undo_quantization
from training.networks.clip.wheel import tower_file

NAME = "clip_vit_b16"
SIZE = 224  # px
# Of pixels in [0, 1], red, green, blue: those of OpenAI's own preprocessing.
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_BLOCK = "/vision_model/encoder/layers.{}/Add_1"  # the node that ends a block


def load_tower(file: Path | None = None, *, size: int = SIZE) -> Tower:
    """The tower of an ONNX file, by default that of the installed wheel.

    Its features are (n, blocks, 2, width): of each block the class token and the mean of the
    others, which are those of the patches. Raises :class:`ConfigurationError` where the wheel or
    the package onnx is not installed, or the file is not of that form.
    """
    file = file or tower_file()
    graph = _with_preprocessing(_pooled(_blocks(file)), size)
    return Tower(NAME, sha256_of(file)[:16], size, Scaling.UNIT, "MIT", graph)


def _blocks(file: Path) -> Any:
    """An ``ov.Model``: (n, 3, size, size) float32 → what each block answers, (n, tokens, width)."""
    try:
        import onnx
    except ImportError as error:
        raise ConfigurationError(
            "The package onnx reads the weights of CLIP and is not installed. Install it with: "
            "pip install onnx"
        ) from error
    model = onnx.load(file)
    ends = {node.name: node.output[0] for node in model.graph.node}
    names = list(takewhile(ends.__contains__, map(_BLOCK.format, count())))
    if not names:
        raise ConfigurationError(f"{file} has no node {_BLOCK.format(0)!r}: it is another graph.")
    undo_quantization(model.graph)
    cut_at(model.graph, [ends[name] for name in names])
    return openvino_core().read_model(model.SerializeToString())


def _pooled(blocks: Any) -> Any:
    ops = ov.opset13
    first, second, end = (np.array([at], np.int64) for at in (0, 1, np.iinfo(np.int64).max))
    one = axis = second
    pooled = []
    for output in blocks.outputs:
        tokens = output.get_node().input_value(0)
        class_token = ops.slice(tokens, first, second, one, axis)
        patches = ops.slice(tokens, second, end, one, axis)
        pooled += [class_token, ops.reduce_mean(patches, axis, keep_dims=True)]
    width = int(pooled[0].output(0).get_partial_shape()[2].get_length())
    shape = np.array([-1, len(pooled) // 2, 2, width], np.int64)
    features = ops.reshape(ops.concat(pooled, 1), shape, special_zero=False)
    return ov.Model([features], blocks.get_parameters(), NAME)


def _with_preprocessing(model: Any, size: int) -> Any:
    model.reshape([-1, 3, size, size])
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.f32).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().mean(list(MEAN)).scale(list(DEVIATION))
    return steps.build()
