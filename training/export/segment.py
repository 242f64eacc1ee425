"""A part of a network, compiled to run by itself."""

# ruff: noqa: PLC0415 - OpenVINO takes a second to import: only where it is used

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]


class Segment:
    """From the answer of the node ``start``, perhaps the model's input, to those of ``ends``.

    Copies the ``ov.Model`` as it is now. All that ``ends`` know of the input must come through
    ``start``: see :func:`training.export.graph.dominators`.
    """

    def __init__(self, model: Any, start: str, ends: Sequence[str]) -> None:
        from core.openvino_core import openvino_core, ov

        copy = model.clone()
        outputs = {each.get_friendly_name(): each.output(0) for each in copy.get_ordered_ops()}
        cut = outputs[start]
        begin = ov.opset13.parameter(cut.get_partial_shape(), np.float32)
        for port in cut.get_target_inputs():
            port.replace_source_output(begin.output(0))
        outputs[start] = begin.output(0)
        part = ov.Model([ov.opset13.result(outputs[end]) for end in ends], [begin], "segment")
        options = {"INFERENCE_PRECISION_HINT": "f32"}
        self._compiled = openvino_core().compile_model(part, "CPU", options)

    def run(self, batch: Map) -> list[Map]:
        """The answers of ``ends``, in their order."""
        answers = self._compiled([batch])
        return [np.array(answers[port]) for port in self._compiled.outputs]
