"""A small network as OpenVINO has it: a convolution, a bottleneck with its residual, a head."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.openvino_core import ov

ops = ov.opset13

SIDE = 8
CHANNELS = 12


def residual_network() -> Any:
    """(n, 12, 8, 8) -> (n, 6, 8, 8); the nodes that a test asks for have names."""
    random = np.random.default_rng(0)
    source = _named(ops.parameter([-1, CHANNELS, SIDE, SIDE], np.float32), "input")
    first = _named(_clamp(_biased(_convolution(source, 16, random), random, "bias_1")), "first")
    wide = _named(_clamp(_biased(_convolution(first, 48, random), random, "bias_2")), "wide")
    deep = _named(_clamp(_biased(_depthwise(wide, random), random, "bias_3")), "deep")
    narrow = _biased(_convolution(deep, 16, random), random, "bias_4")
    whole = _named(ops.add(first, narrow), "whole")
    last = _biased(_convolution(whole, 6, random), random, "bias_5")
    return ov.Model([ops.result(last)], [source], "residual")


def maps(seed: int, number: int = 24) -> NDArray[np.float32]:
    """(n, 12, 8, 8): a few causes that all channels have in common, and noise."""
    random = np.random.default_rng(seed)
    mixed = np.random.default_rng(1).normal(size=(CHANNELS, 3))
    causes = random.normal(size=(number, 3, SIDE, SIDE))
    noise = 0.2 * random.normal(size=(number, CHANNELS, SIDE, SIDE))
    return np.asarray(np.einsum("ck,nkhw->nchw", mixed, causes) + noise, np.float32)


def answers(model: Any, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a network with one output says."""
    compiled = ov.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([batch])[0])


def node(model: Any, name: str) -> Any:
    """The node of that name."""
    return next(each for each in model.get_ordered_ops() if each.get_friendly_name() == name)


def _convolution(before: Any, channels: int, random: np.random.Generator) -> Any:
    inputs = before.get_output_partial_shape(0)[1].get_length()
    weights = random.normal(size=(channels, inputs, 1, 1)) / np.sqrt(inputs)
    return ops.convolution(before, _constant(weights), [1, 1], [0, 0], [0, 0], [1, 1])


def _depthwise(before: Any, random: np.random.Generator) -> Any:
    channels = before.get_output_partial_shape(0)[1].get_length()
    weights = _constant(random.normal(size=(channels, 1, 1, 3, 3)) / 3)
    return ops.group_convolution(before, weights, [1, 1], [1, 1], [1, 1], [1, 1])


def _biased(before: Any, random: np.random.Generator, name: str) -> Any:
    channels = before.get_output_partial_shape(0)[1].get_length()
    return _named(ops.add(before, _constant(random.uniform(0, 1, (1, channels, 1, 1)))), name)


def _clamp(before: Any) -> Any:
    return ops.clamp(before, 0.0, 6.0)


def _constant(values: Any) -> Any:
    return ops.constant(np.asarray(values, np.float32))


def _named(made: Any, name: str) -> Any:
    made.set_friendly_name(name)
    return made
