"""From a trained Keras network to the files that the runtimes open."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.model.bundle import LOGIT_OUTPUT

KERAS = "model.keras"
FP32 = "fp32"
INT8 = "int8"
_CONVOLUTIONS = ("Convolution", "GroupConvolution")
MAX_DIFFERENCE = 1e-2  # of FP32 logits between Keras and OpenVINO; measured about 1e-5


def save_keras(model: Any, folder: Path) -> list[str]:
    """Write the network without optimizer state; returns the file names."""
    model.save(folder / KERAS, include_optimizer=False)
    return [KERAS]


def to_openvino(model: Any) -> Any:
    """Convert to an ``ov.Model``: (n, size, size, 3) float32 -> the same outputs, n open."""
    from core.openvino_core import ov

    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        converted = ov.convert_model(folder)
    size = model.input_shape[1]
    converted.reshape([-1, size, size, 3])
    return converted


def save_openvino(model: Any, folder: Path, name: str) -> list[str]:
    """Write ``name``.xml and .bin, weights as they are; returns the file names."""
    from core.openvino_core import ov

    ov.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)
    return [f"{name}.xml", f"{name}.bin"]


def quantize(
    model: Any,
    tensors: Sequence[NDArray[np.float32]],
    *,
    float_convolutions: int = 0,
    float_nodes: Sequence[str] = (),
    transformer: bool = False,
) -> Any:
    """Post-training INT8 of an ``ov.Model``; ``tensors`` (size, size, 3) set the ranges.

    The first ``float_convolutions`` behind the input stay in FP32: the first maps have the
    widest ranges. So do ``float_nodes``, and what lies behind the last convolutions of a network
    with several outputs: map and logit stay exactly in step. Of a ``transformer`` the outliers of
    a few channels are moved into the weights before (SmoothQuant; Xiao et al. 2022,
    arXiv:2211.10438).
    """
    import nncf
    from nncf.quantization.advanced_parameters import (
        AdvancedQuantizationParameters,
        OverflowFix,
        QuantizationParameters,
    )

    nncf.set_log_level(logging.WARNING)  # else a line for every node that stays in FP32
    batches = [tensor[None] for tensor in tensors]
    kept = [
        *_first_convolutions(model, float_convolutions),
        *(() if transformer else map_head(model)),
        *float_nodes,
    ]
    return nncf.quantize(
        model,
        nncf.Dataset(batches),
        preset=nncf.QuantizationPreset.MIXED,  # ReLU6 makes activations unsigned
        model_type=nncf.ModelType.TRANSFORMER if transformer else None,
        subset_size=len(batches),
        ignored_scope=nncf.IgnoredScope(names=kept) if kept else None,
        advanced_parameters=AdvancedQuantizationParameters(
            # Processors without VNNI add two products in 16 bits, which overflow with 8-bit
            # weights: without this the AUC fell from 0.902 to 0.875 on such a one.
            overflow_fix=OverflowFix.ENABLE,
            # One range for all channels: with one for each, which depthwise convolutions get
            # else, OpenVINO leaves its fast kernels, and ten crops take a quarter more time.
            activations_quantization_params=QuantizationParameters(per_channel=False),
        ),
    )


def run_openvino(model: Any, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits (n,) float32 of an ``ov.Model`` that was not saved yet."""
    from core.openvino_core import openvino_core

    options = {"INFERENCE_PRECISION_HINT": "f32"}  # else bfloat16 where the CPU has it
    compiled = openvino_core().compile_model(model, "CPU", options)
    port = compiled.output(LOGIT_OUTPUT) if len(compiled.outputs) > 1 else compiled.output(0)
    return np.asarray(compiled([tensor])[port], np.float32).reshape(len(tensor), -1)[:, 0]


def check_parity(model: Any, converted: Any, tensor: NDArray[np.float32]) -> float:
    """The greatest difference of logits; :class:`BundleInvalid` above ``MAX_DIFFERENCE``."""
    answers = model.predict(tensor, verbose=0)  # an eager call keeps gigabytes
    logits = answers[LOGIT_OUTPUT] if isinstance(answers, dict) else answers
    expected = np.asarray(logits).reshape(-1)
    difference = float(np.abs(expected - run_openvino(converted, tensor)).max())
    if not difference <= MAX_DIFFERENCE:
        raise BundleInvalid(
            f"OpenVINO FP32 differs from Keras by {difference:.4g} in the logit; "
            f"the limit is {MAX_DIFFERENCE:g}."
        )
    return difference


def _first_convolutions(model: Any, count: int) -> list[str]:
    """Names of the convolutions with fewer than ``count`` others between them and the input."""
    before: dict[str, int] = {}  # node -> convolutions on the longest way to it, itself included
    chosen: list[str] = []
    for node in model.get_ordered_ops():
        name = node.get_friendly_name()
        sources = (port.get_source_output().get_node() for port in node.inputs())
        depth = max((before[source.get_friendly_name()] for source in sources), default=0)
        convolves = node.get_type_name() in _CONVOLUTIONS
        if convolves and depth < count:
            chosen.append(name)
        before[name] = depth + convolves
    return chosen


def map_head(model: Any) -> list[str]:
    """Names of the nodes from the convolutions that make the maps to the outputs."""
    if len(model.outputs) == 1:
        return []
    names: dict[str, None] = {}
    nodes = [output.get_node() for output in model.outputs]
    while nodes:
        node = nodes.pop()
        if node.get_type_name() not in _CONVOLUTIONS:
            nodes += [port.get_source_output().get_node() for port in node.inputs()]
        names[node.get_friendly_name()] = None
    return list(names)
