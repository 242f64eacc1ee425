"""A Keras file becomes a bundle: the weights, an OpenVINO export, and what they mean."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from core.errors import BundleInvalid
from core.model.bundle import Explanation, RuntimeName, load_bundle, sha256_of
from core.model.detector import Detector, self_test_tensor
from core.model.preprocess import Scaling
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
from training.export.new_bundle import (
    NO_MAP,
    TOLERANCE,
    Imported,
    answer,
    check_free,
    new_folder,
    write_self_tested,
)
from training.export.openvino import KERAS, save_openvino, to_openvino
from training.export.stated import Stated

if TYPE_CHECKING:  # its packages are those of training, which a worker's image lacks
    from training.export.foreign_int8 import ForeignInt8

_PARITY_SEEDS = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest(Stated):
    """What a Keras file does not say about itself."""

    scaling: Scaling
    openvino: bool = True


def import_model(
    request: ImportRequest, into: Path, *, replace: bool = False, int8: ForeignInt8 | None = None
) -> Imported:
    """Write the bundle ``into / request.name``; the folder appears whole or not at all.

    ``int8`` needs ``request.openvino``. Raises :class:`BundleInvalid` when the file is no usable
    classifier, when the request contradicts it, when the runtimes disagree, when the folder is
    there already, or where INT8 loses too much.
    """
    target = into / request.name
    check_free(target, replace=replace)
    foreign = read_model(request.file)
    output = output_kind(foreign, request.output)
    size = request.agreed_size(foreign.size)
    _check_classes(foreign, request)
    hashes = {request.file.name: sha256_of(request.file)}
    fields = request.manifest_fields(output, size, request.scaling, hashes)
    model = with_one_output(flatten(foreign.model, size), output)
    with new_folder(target) as folder:
        artifacts, saved, converted = _write_weights(folder, model, openvino=request.openvino)
        fields["explanation"], missing = _explanation(saved, foreign.units, output)
        lost = int8.write(converted, folder, fields, artifacts) if int8 else None
        detectors = write_self_tested(folder, fields, artifacts)
        parity = _parity(detectors[:2], TOLERANCE[output]) if len(detectors) > 1 else None
    warnings = (*_warnings(foreign, request), *missing)
    compared = "Keras and OpenVINO" if parity is not None else ""
    return Imported(load_bundle(target.resolve()), compared, parity, warnings, lost)


def _check_classes(foreign: ForeignModel, request: ImportRequest) -> None:
    if request.classes is not None and request.classes != foreign.units:
        raise BundleInvalid(
            f"--classes names {request.classes} outputs, the model has {foreign.units}; state what "
            "a high output means with --positive-class: fake or real."
        )


def _explanation(model: Any, units: int, output: str) -> tuple[Explanation | None, tuple[str, ...]]:
    """Grad-CAM at the last feature map of a saved model, or None and a warning that says why."""
    layer = feature_layer(model)
    if layer is None:
        return None, (NO_MAP.format("no layer pools or flattens a feature map"),)
    if units == 2 and output == PROBABILITY:
        return None, (NO_MAP.format("a softmax over two leaves no logit to follow"),)
    try:
        grad_cam(model, layer)(np.zeros((1, *model.input_shape[1:]), np.float32))
    except (ValueError, TypeError, AttributeError, KeyError, BundleInvalid) as error:
        return None, (NO_MAP.format(str(error).rstrip(".")),)
    return Explanation(method="grad-cam", layer=layer), ()


def _write_weights(
    folder: Path, model: Any, *, openvino: bool
) -> tuple[dict[RuntimeName, list[str]], Any, Any]:
    """The files by runtime, the model as Keras reads it from its file, and OpenVINO's or None."""
    model.save(folder / KERAS)
    # Read back: the layers of a flat model know the places where they were called before, too.
    saved = keras.saving.load_model(folder / KERAS, compile=False)
    artifacts = {RuntimeName.TENSORFLOW: [KERAS]}
    converted = _converted(saved) if openvino else None
    if converted is not None:
        names = save_openvino(converted, folder, RuntimeName.OPENVINO_FP32.value)
        artifacts[RuntimeName.OPENVINO_FP32] = names
    return artifacts, saved, converted


def _converted(model: Any) -> Any:
    try:
        return to_openvino(model)
    except Exception as error:  # OpenVINO's errors have no class of their own above Exception
        cause = re.search(r"No conversion rule found.*", str(error))
        told = " ".join((cause[0] if cause else str(error)).split()).rstrip(".")
        raise BundleInvalid(
            f"OpenVINO cannot convert the model: {told}. Import it with --no-openvino."
        ) from error


def _parity(detectors: list[Detector], tolerance: float) -> float:
    tensor = np.concatenate([self_test_tensor(detectors[0].bundle, s) for s in _PARITY_SEEDS])
    answers = [answer(detector, tensor) for detector in detectors]
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
    if foreign.units == 2 and request.classes is None:
        warnings.append(
            "The model has two output units: the second is taken for "
            f"{request.positive_class!r}, as --positive-class says."
        )
    return tuple(warnings)
