"""A bundle whose network answers with the mean brightness: made in code, in a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.model.bundle import Bundle, RuntimeName, write_manifest
from core.openvino_core import ov

ops = ov.opset13

SIZE = 32

FIELDS: dict[str, Any] = {
    "name": "brightness",
    "version": "1",
    "positive_class": "fake",
    "output": "logit",
    "input": {"size": SIZE, "scaling": "signed"},
    "calibration": None,
    "thresholds": {"fake": 0.8, "real": 0.2},
    "data": "none: made in code",
    "licence": "MIT",
}


def write_openvino(
    folder: Path, gain: float = 8.0, *, novelty: bool = False, maps: bool = False
) -> list[str]:
    """logit = gain * mean of the tensor; with ``novelty`` an output of that name, the logit².

    With ``maps`` an output ``cam``, (n, SIZE, SIZE): gain times the mean of each place.
    """
    picture = ops.parameter([-1, SIZE, SIZE, 3], np.float32, name="picture")
    mean = ops.reduce_mean(picture, ops.constant([1, 2, 3]), keep_dims=False)
    output = ops.multiply(mean, ops.constant(np.float32(gain)))
    outputs = [output]
    if novelty or maps:
        output.output(0).get_tensor().set_names({"logit"})
    if novelty:
        outputs.insert(0, ops.multiply(output, output))
        outputs[0].output(0).get_tensor().set_names({"novelty"})
    if maps:
        places = ops.reduce_mean(picture, ops.constant([3]), keep_dims=False)
        outputs.append(ops.multiply(places, ops.constant(np.float32(gain))))
        outputs[-1].output(0).get_tensor().set_names({"cam"})
    ov.save_model(ov.Model(outputs, [picture]), folder / "fp32.xml", compress_to_fp16=False)
    return ["fp32.xml", "fp32.bin"]


def write_bundle(folder: Path, **changes: Any) -> Bundle:
    folder.mkdir(parents=True, exist_ok=True)
    files = write_openvino(folder, novelty=changes.get("novelty") is not None)
    return write_manifest(folder, {**FIELDS, **changes}, {RuntimeName.OPENVINO_FP32: files})
