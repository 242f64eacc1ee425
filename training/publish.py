"""Puts a run into a bundle: export, calibration, thresholds, figures on ``valid``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import jpeg, preprocess
from core.bundle import Bundle, RuntimeName, Thresholds, load_bundle, write_manifest
from core.detector import Detector, self_test_tensor, sigmoid
from core.errors import ConfigurationError
from core.runtimes import load_detector
from training import calibrate, export
from training.data.cache import Sample
from training.evaluation.figures import figures, score_samples
from training.networks import Network

INT8_CROPS = 300
SELF_TEST_SEED = 20
_KEEP = ("schema_version", "artifacts")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a bundle says of itself and no file of it can tell."""

    version: str
    data: str
    licence: str


def publish(
    model: Any,
    network: Network,
    folder: Path,
    samples: Sequence[Sample],
    *,
    origin: Origin,
    ranges: Sequence[Sample],
) -> Bundle:
    """Write a bundle; ``samples`` calibrate it, ``ranges`` set the scales of INT8.

    Neither may hold a picture of ``test``. Positive class: fake; output: the logit.
    """
    if (folder / "model.json").exists():
        raise ConfigurationError(f"{folder} holds a bundle already; choose a new folder.")
    folder.mkdir(parents=True, exist_ok=True)
    size = int(model.input_shape[1])
    artifacts = _write_files(
        model, folder, _tensors(ranges, network, size), network.float_convolutions
    )
    fields = _fields(folder.name, origin, size, network)
    draft = write_manifest(folder, fields, artifacts)
    fields["self_test"] = _self_test(draft)
    # Calibrated on INT8, which serves by default; FP32 differs by less than sampling error.
    logits = _logits(load_detector(draft, runtime=RuntimeName.OPENVINO_INT8), samples)
    fields |= _calibration(logits, samples)
    write_manifest(folder, fields, artifacts)
    return load_bundle(folder)


def record(bundle: Bundle, name: str, report: Mapping[str, Any]) -> Bundle:
    """Write figures into ``model.json`` under ``metrics.<name>``; the weights stay."""
    fields = bundle.manifest.model_dump(mode="json")
    artifacts = {key: list(value.files) for key, value in bundle.manifest.artifacts.items()}
    fields = {key: value for key, value in fields.items() if key not in _KEEP}
    fields["metrics"] = {**fields["metrics"], name: dict(report)}
    return write_manifest(bundle.path, fields, artifacts)


def measure(
    bundle: Bundle, samples: Sequence[Sample], runtimes: Sequence[RuntimeName]
) -> dict[str, Any]:
    """Figures by runtime, through the detector that serves."""
    reports = {}
    for runtime in runtimes:
        scores = score_samples(load_detector(bundle, runtime=runtime), samples)
        reports[runtime.value] = figures(samples, scores, bundle.manifest.thresholds)
    return reports


def _write_files(
    model: Any,
    folder: Path,
    tensors: list[NDArray[np.float32]],
    float_convolutions: int,
) -> dict[RuntimeName, list[str]]:
    converted = export.to_openvino(model)
    export.check_parity(model, converted, np.stack(tensors[:16]))
    return {
        RuntimeName.TENSORFLOW: export.save_keras(model, folder),
        RuntimeName.OPENVINO_FP32: export.save_openvino(converted, folder, export.FP32),
        RuntimeName.OPENVINO_INT8: export.save_openvino(
            export.quantize(converted, tensors, float_convolutions=float_convolutions),
            folder,
            export.INT8,
        ),
    }


def _fields(name: str, origin: Origin, size: int, network: Network) -> dict[str, Any]:
    return {
        "name": name,
        "version": origin.version,
        "positive_class": "fake",
        "output": "logit",
        "input": {"size": size, "scaling": network.scaling},
        "calibration": None,
        "thresholds": Thresholds(fake=0.5 + 1e-6, real=0.5),  # replaced once calibrated
        "data": origin.data,
        "licence": origin.licence,
    }


def _self_test(bundle: Bundle) -> dict[str, float]:
    tensor = self_test_tensor(bundle, SELF_TEST_SEED)
    answers = [
        float(load_detector(bundle, runtime=name).runtime.predict(tensor)[0])
        for name in RuntimeName
    ]
    spread = max(abs(answer - answers[0]) for answer in answers)
    # Twice what the runtimes differ by here, for processors with other kernels.
    return {
        "seed": SELF_TEST_SEED,
        "raw_output": round(answers[0], 5),
        "tolerance": round(2 * spread + 0.05, 3),
    }


def _calibration(logits: NDArray[np.float64], samples: Sequence[Sample]) -> dict[str, Any]:
    fake = np.array([sample.picture.fake for sample in samples])
    names = [sample.picture.source for sample in samples]
    weights = calibrate.balanced_weights(names, fake)
    fitted_on = (
        f"{len(samples)} pictures of valid and of held-out groups of train, both classes "
        "weighted alike"
    )
    platt = calibrate.fit_platt(logits, fake, fitted_on, weights=weights)
    probability = sigmoid(platt.slope * logits + platt.intercept)
    thresholds = calibrate.choose_thresholds(probability, fake, weights)
    return {"calibration": platt, "thresholds": thresholds}


def _logits(detector: Detector, samples: Sequence[Sample]) -> NDArray[np.float64]:
    size = detector.bundle.manifest.input.size
    scaling = detector.bundle.manifest.input.scaling
    parts = []
    for start in range(0, len(samples), 32):
        crops = [jpeg.encode(sample.crop(size)) for sample in samples[start : start + 32]]
        parts.append(
            detector.runtime.predict(preprocess.from_jpegs(crops, size=size, scaling=scaling))
        )
    return np.concatenate(parts).astype(np.float64)


def _tensors(samples: Sequence[Sample], network: Network, size: int) -> list[NDArray[np.float32]]:
    """Crops as they are served, an even selection of ``INT8_CROPS``."""
    chosen = np.linspace(0, len(samples) - 1, min(INT8_CROPS, len(samples))).astype(int)
    jpegs = [jpeg.encode(samples[index].crop(size)) for index in chosen]
    return list(preprocess.from_jpegs(jpegs, size=size, scaling=network.scaling))
