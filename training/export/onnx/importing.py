"""An ONNX file becomes a bundle that OpenVINO serves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BundleInvalid
from core.model.bundle import InputSpec, RuntimeName, load_bundle
from core.model.detector import Detector, noise_tensor
from core.model.preprocess import Scaling
from core.openvino_core import ov
from training.export.new_bundle import (
    NO_MAP,
    TOLERANCE,
    Imported,
    answer,
    check_free,
    new_folder,
    write_self_tested,
)
from training.export.onnx.answer import check_answers, read_answer, single
from training.export.onnx.file import cause_of, hashes, read_onnx
from training.export.onnx.graph import input_arithmetic, no_batches, served_graph
from training.export.onnx.picture import Picture, read_picture
from training.export.onnx.reference import Reference, prepare
from training.export.onnx.request import Normalization, OnnxRequest

if TYPE_CHECKING:  # its packages are those of training, which a worker's image lacks
    from training.export.foreign_int8 import ForeignInt8
    from training.export.int8_difference import Int8Difference

_RUNTIME = RuntimeName.OPENVINO_FP32
_FILES = [f"{_RUNTIME}.xml", f"{_RUNTIME}.bin"]
_PARITY_SEEDS = range(10)  # as many crops as a job has: OpenVINO takes those in two halves
_WHY = "an ONNX file is served by OpenVINO, which takes no gradients"
_TWO = "The model has two outputs: the second is taken for {!r}, as --positive-class says."


def import_onnx(
    request: OnnxRequest, into: Path, *, replace: bool = False, int8: ForeignInt8 | None = None
) -> Imported:
    """Write the bundle ``into / request.name``; the folder appears whole or not at all.

    What the bundle answers is compared with what the file answers, run as it is on pictures
    prepared by NumPy. Raises :class:`BundleInvalid` when the file is no usable classifier, when
    the request contradicts it or says too little, when the two differ, when the folder is there
    already, or where INT8 loses too much.
    """
    target = into / request.name
    check_free(target, replace=replace)
    model = read_onnx(request.file, request.output_name)
    picture = read_picture(model, request)
    read = read_answer(model, request.output)
    scaling = Scaling.UNIT if isinstance(request.scaling, Normalization) else request.scaling
    fields = request.manifest_fields(read.output, picture.size, scaling, hashes(request.file))
    network = ov.Model([read.port], model.get_parameters(), request.name)
    warnings = _warnings(request, input_arithmetic(network))
    tensors = _pictures(InputSpec(**fields["input"]))
    expected = Reference(network, picture).answers(prepare(tensors, picture, request))
    check_answers(read, expected, request.classes)
    graph = served_graph(network, read, expected.shape[1], picture, request)
    with new_folder(target) as folder:
        detector = _written(folder, fields, graph, picture)
        parity = _parity(detector, tensors, single(read, expected), picture)
        lost = _add_int8(int8, graph, folder, fields) if int8 else None
    if expected.shape[1] == 2 and request.classes is None:
        warnings.append(_TWO.format(request.positive_class))
    warnings.append(NO_MAP.format(_WHY))
    compared = f"{request.file.name} and the bundle"
    return Imported(load_bundle(target.resolve()), compared, parity, tuple(warnings), lost)


def _pictures(spec: InputSpec) -> NDArray[np.float32]:
    return np.concatenate([noise_tensor(spec, seed) for seed in _PARITY_SEEDS])


def _written(folder: Path, fields: dict[str, Any], graph: Any, picture: Picture) -> Detector:
    ov.save_model(graph, folder / _FILES[0], compress_to_fp16=False)
    try:
        (detector,) = write_self_tested(folder, fields, {_RUNTIME: _FILES})
    except RuntimeError as error:
        raise BundleInvalid(no_batches(picture, cause_of(error))) from error
    return detector


def _add_int8(
    int8: ForeignInt8, graph: Any, folder: Path, fields: dict[str, Any]
) -> Int8Difference:
    artifacts = {_RUNTIME: _FILES}
    lost = int8.write(graph, folder, fields, artifacts)
    write_self_tested(folder, fields, artifacts)
    return lost


def _parity(
    detector: Detector,
    tensors: NDArray[np.float32],
    expected: NDArray[np.float32],
    picture: Picture,
) -> float:
    try:
        answers = answer(detector, tensors)
    except RuntimeError as error:
        raise BundleInvalid(no_batches(picture, cause_of(error))) from error
    difference = float(np.max(np.abs(answers - expected)))
    limit = TOLERANCE[detector.bundle.manifest.output]
    if not difference <= limit:
        told = f"its answers differ by {difference:g}, the limit is {limit:g}, from those of one"
        raise BundleInvalid(no_batches(picture, told + " picture after another"))
    return difference


def _warnings(request: OnnxRequest, arithmetic: list[str]) -> list[str]:
    if not arithmetic or request.scaling is Scaling.RAW:
        return []
    stated = (
        "--mean and --std come"
        if isinstance(request.scaling, Normalization)
        else f"--scaling {request.scaling} comes"
    )
    return [
        f"The model seems to scale its input itself ({', '.join(arithmetic)} on the picture); "
        f"{stated} on top of that. Should it be --scaling raw?"
    ]
