"""A Keras file becomes a bundle: the weights, an OpenVINO export, and what they mean."""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.model.bundle import (
    Bundle,
    Explanation,
    RuntimeName,
    SelfTest,
    check_fields,
    load_bundle,
    write_manifest,
)
from core.model.detector import Detector, self_test_tensor
from core.model.preprocess import Scaling
from core.model.rules import Thresholds
from core.model.runtimes import load_detector
from core.model.runtimes.tensorflow import grad_cam
from training.export.flatten import flatten
from training.export.foreign_model import (
    PROBABILITY,
    ForeignModel,
    feature_layer,
    output_kind,
    read_model,
    with_one_output,
)
from training.export.openvino import KERAS, save_openvino, to_openvino

SELF_TEST_SEED = 20
_PARITY_SEEDS = range(4)
_NO_MAP = "The model cannot show where in a face it looks (deepfake explain): {}."
# How far two runtimes may differ in the raw output. Float32 runtimes differ by about 1e-6;
# TF32 on a GPU and bfloat16 on a CPU by up to 1e-2 of a logit.
_TOLERANCE = {"probability": 0.01, "logit": 0.05}


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What the file does not say about itself."""

    source: Path
    name: str
    version: str
    positive_class: Literal["fake", "real"]  # what a high output, or label 1 of two, means
    scaling: Scaling
    thresholds: Thresholds
    input_size: int | None = None  # pixels; read from the model where it is fixed there
    output: str | None = None  # read from the last activation where it says so
    openvino: bool = True
    data: str = "not stated"
    licence: str = "not stated"


@dataclass(frozen=True, slots=True)
class Imported:
    """A new bundle, what was measured on the way, and what deserves a second look."""

    bundle: Bundle
    parity: float | None  # largest difference between the runtimes; None with one runtime
    warnings: tuple[str, ...]


def import_model(request: ImportRequest, into: Path, *, replace: bool = False) -> Imported:
    """Write the bundle ``into / request.name``; the folder appears whole or not at all.

    Raises :class:`BundleInvalid` when the file is no usable classifier, when the request
    contradicts it, when the runtimes disagree, or when the folder is there already.
    """
    target = into / request.name
    if target.exists() and not replace:
        raise BundleInvalid(f"{target} exists already; choose another --name, or use --replace.")
    foreign = read_model(request.source)
    output = output_kind(foreign, request.output)
    size = _agreed_size(foreign, request)
    fields = _manifest_fields(request, output, size)
    model = with_one_output(flatten(foreign.model, size), output)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{request.name}-", dir=into) as work:
        folder = Path(work) / request.name
        folder.mkdir()
        artifacts, saved = _write_weights(folder, model, openvino=request.openvino)
        fields["explanation"], missing = _explanation(saved, foreign.units, output)
        parity = _finish(folder, fields, artifacts)
        if target.exists():
            shutil.rmtree(target)
        folder.chmod(0o755)
        folder.rename(target)
    return Imported(load_bundle(target.resolve()), parity, (*_warnings(foreign, request), *missing))


def _agreed_size(foreign: ForeignModel, request: ImportRequest) -> int:
    wanted = request.input_size
    if foreign.size is None and wanted is None:
        raise BundleInvalid("The model takes pictures of any size; state one with --input-size.")
    if foreign.size is not None and wanted is not None and foreign.size != wanted:
        raise BundleInvalid(
            f"--input-size {wanted} contradicts the model: it takes {foreign.size} x "
            f"{foreign.size} pixels."
        )
    return foreign.size or wanted or 0


def _manifest_fields(request: ImportRequest, output: str, size: int) -> dict[str, Any]:
    fields = {
        "name": request.name,
        "version": request.version,
        "positive_class": request.positive_class,
        "output": output,
        "input": {"size": size, "scaling": request.scaling},
        "calibration": None,
        "thresholds": request.thresholds,
        "data": request.data,
        "licence": request.licence,
    }
    check_fields(fields)
    return fields


def _explanation(model: Any, units: int, output: str) -> tuple[Explanation | None, tuple[str, ...]]:
    """Grad-CAM at the last feature map of a saved model, or None and a warning that says why."""
    layer = feature_layer(model)
    if layer is None:
        return None, (_NO_MAP.format("no layer pools or flattens a feature map"),)
    if units == 2 and output == PROBABILITY:
        return None, (_NO_MAP.format("a softmax over two leaves no logit to follow"),)
    try:
        grad_cam(model, layer)(np.zeros((1, *model.input_shape[1:]), np.float32))
    except (ValueError, TypeError, AttributeError, KeyError, BundleInvalid) as error:
        return None, (_NO_MAP.format(str(error).rstrip(".")),)
    return Explanation(method="grad-cam", layer=layer), ()


def _write_weights(
    folder: Path, model: Any, *, openvino: bool
) -> tuple[dict[RuntimeName, list[str]], Any]:
    """The files by runtime, and the model as Keras reads it from its file."""
    model.save(folder / KERAS)
    # Read back: the layers of a flat model know the places where they were called before, too.
    saved = keras.saving.load_model(folder / KERAS, compile=False)
    artifacts = {RuntimeName.TENSORFLOW: [KERAS]}
    if openvino:
        names = save_openvino(_converted(saved), folder, RuntimeName.OPENVINO_FP32.value)
        artifacts[RuntimeName.OPENVINO_FP32] = names
    return artifacts, saved


def _converted(model: Any) -> Any:
    try:
        return to_openvino(model)
    except Exception as error:  # OpenVINO's errors have no class of their own above Exception
        cause = re.search(r"No conversion rule found.*", str(error))
        told = " ".join((cause[0] if cause else str(error)).split()).rstrip(".")
        raise BundleInvalid(
            f"OpenVINO cannot convert the model: {told}. Import it with --no-openvino."
        ) from error


def _finish(
    folder: Path, fields: dict[str, Any], artifacts: dict[RuntimeName, list[str]]
) -> float | None:
    bundle = write_manifest(folder, fields, artifacts)
    detectors = [load_detector(bundle, runtime=name) for name in artifacts]
    answer = _answer(detectors[0], SELF_TEST_SEED)
    tolerance = _TOLERANCE[fields["output"]]
    stored = SelfTest(seed=SELF_TEST_SEED, raw_output=float(answer[0]), tolerance=tolerance)
    write_manifest(folder, {**fields, "self_test": stored}, artifacts)
    return _parity(detectors, tolerance) if len(detectors) > 1 else None


def _answer(detector: Detector, seed: int) -> NDArray[np.float32]:
    raw = detector.runtime.predict(self_test_tensor(detector.bundle, seed)).raw
    detector.fake_logit(raw)  # raises where it is not one finite number in its range
    return raw


def _parity(detectors: list[Detector], tolerance: float) -> float:
    answers = [np.concatenate([_answer(d, seed) for seed in _PARITY_SEEDS]) for d in detectors]
    difference = float(np.max(np.abs(answers[0] - answers[1])))
    if not difference <= tolerance or math.isnan(difference):
        raise BundleInvalid(
            f"The OpenVINO export answers differently from Keras: by {difference:g}, the limit "
            f"is {tolerance:g}. Import the model with --no-openvino."
        )
    return difference


def _warnings(foreign: ForeignModel, request: ImportRequest) -> tuple[str, ...]:
    warnings = []
    if foreign.scales_inside and request.scaling is not Scaling.RAW:
        layers = ", ".join(foreign.scales_inside)
        warnings.append(
            f"The model scales its input itself (layer {layers}); "
            f"--scaling {request.scaling} comes on top of that. Should it be --scaling raw?"
        )
    if foreign.units == 2:
        warnings.append(
            "The model has two output units: the second is taken for "
            f"{request.positive_class!r}, as --positive-class says."
        )
    return tuple(warnings)
