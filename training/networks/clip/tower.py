"""CLIP ViT-B/16 as a frozen network that answers with what each of its blocks knows of a crop.

Of the last block alone a linear head tells generated faces from photographs well and swapped ones
badly; what a swap leaves is in the blocks before (Ojha et al. 2023, arXiv:2302.10174, take the last
one; Koutlis and Papadopoulos 2024, arXiv:2402.19091, all of them).
"""

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
from training.networks.clip.norms import EPSILON, Norms
from training.networks.clip.unquantize import cut_at, undo_quantization
from training.networks.clip.wheel import DEVIATION, MEAN, tower_file

NAME = "clip_vit_b16"
SIZE = 224  # px
_BLOCK = "/vision_model/encoder/layers.{}/Add_1"  # the node that ends a block


def load_tower(file: Path | None = None, *, size: int = SIZE, norms: Norms | None = None) -> Tower:
    """The tower of an ONNX file, by default that of the installed wheel, with tuned ``norms``.

    Its features are (n, blocks, 2, width): of each block the class token and the mean of the
    others, which are those of the patches. With tuned normalizations they are (n, blocks, 1,
    width): the class tokens alone, each of mean 0 and variance 1, as the head that was tuned
    with them sees them. Raises :class:`ConfigurationError` where the wheel or
    the package onnx is not installed, or the file is not of that form.
    """
    file = file or tower_file()
    answers = (_pooled if norms is None else _class_tokens)(_blocks(file, norms))
    graph = _with_preprocessing(answers, size)
    return Tower(NAME, key_of(file, norms), size, Scaling.UNIT, "MIT", graph)


def key_of(file: Path, norms: Norms | None) -> str:
    """What names the weights: of the file, and of the tuned normalizations where there are any."""
    return sha256_of(file)[:16] + (f"-{norms.key}" if norms else "")


def _blocks(file: Path, norms: Norms | None) -> Any:
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
    if norms is not None:
        norms.put_into(model.graph)
    cut_at(model.graph, [ends[name] for name in names])
    return openvino_core().read_model(model.SerializeToString())


def _pooled(blocks: Any) -> Any:
    """Of each block the class token and the mean of the others."""
    ops, axis = ov.opset13, np.array([1], np.int64)
    parts = []
    for output in blocks.outputs:
        tokens = output.get_node().input_value(0)
        patches = _sliced(tokens, 1, np.iinfo(np.int64).max)
        parts += [_sliced(tokens, 0, 1), ops.reduce_mean(patches, axis, keep_dims=True)]
    return _side_by_side(parts, 2, blocks)


def _class_tokens(blocks: Any) -> Any:
    """Of each block the class token, normalized."""
    ops, last = ov.opset13, np.array([-1], np.int64)
    parts = []
    for output in blocks.outputs:
        token = _sliced(output.get_node().input_value(0), 0, 1)
        parts.append(ops.mvn(token, last, True, EPSILON, "inside_sqrt"))
    return _side_by_side(parts, 1, blocks)


def _sliced(tokens: Any, first: int, end: int) -> Any:
    start, stop, one = (np.array([at], np.int64) for at in (first, end, 1))
    return ov.opset13.slice(tokens, start, stop, one, one)


def _side_by_side(parts: list[Any], each: int, blocks: Any) -> Any:
    """(n, 1, width) so many times → an ``ov.Model`` with (n, blocks, ``each``, width)."""
    width = int(parts[0].output(0).get_partial_shape()[2].get_length())
    shape = np.array([-1, len(parts) // each, each, width], np.int64)
    features = ov.opset13.reshape(ov.opset13.concat(parts, 1), shape, special_zero=False)
    return ov.Model([features], blocks.get_parameters(), NAME)


def _with_preprocessing(model: Any, size: int) -> Any:
    model.reshape([-1, 3, size, size])
    steps = ov.preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.f32).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().mean(list(MEAN)).scale(list(DEVIATION))
    return steps.build()
