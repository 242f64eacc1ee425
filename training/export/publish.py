"""Puts a trained network into a bundle: files, calibration, thresholds, what INT8 costs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.errors import ConfigurationError
from core.model.bundle import (
    NAME_PATTERN,
    Bundle,
    Explanation,
    InputSpec,
    Manifest,
    RuntimeName,
    check_fields,
    load_bundle,
    write_manifest,
)
from core.model.detector import self_test
from core.model.rules import Calibration, Novelty, Thresholds
from core.model.runtimes import load_detector
from core.options import DEFAULT_MARGIN
from training.calibrate import reliability
from training.calibrate.calibration import Wanted
from training.calibrate.expected_error import picture_cells
from training.data.cache import Sample
from training.evaluate.scoring import cut_crops, scores_of_crops
from training.export import openvino as export
from training.export.crops import INT8_CROPS, evenly, tensor_of
from training.export.exportable import Exportable
from training.export.int8_loss import Int8Loss, compare
from training.export.new_bundle import new_folder, write_self_tested

_NOVEL_SHARE = 0.02  # of pictures that calibrate, which are like those of training

Int8 = Literal["bounded", "any", "none"]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a bundle says of itself and no file of it can tell."""

    version: str
    data: str
    licence: str
    margin: float = DEFAULT_MARGIN  # around a face, of its longer side, that it is served with


@dataclass(frozen=True, slots=True)
class Published:
    """A new bundle and how its calibration did on pictures held back from it."""

    bundle: Bundle
    judged: reliability.CrossValidated


def publish(
    network: Exportable,
    folder: Path,
    samples: Sequence[Sample],
    *,
    origin: Origin,
    trained_on: Sequence[Sample],
    wanted: Wanted | None = None,
    int8: Int8 = "bounded",
) -> Published:
    """Write the bundle ``folder``, which appears whole or not at all.

    ``samples`` calibrate the trained ``network`` and measure what INT8 costs, ``trained_on`` set
    the scales of INT8 and say what is like the training data (:mod:`training.export.novelty`,
    where they are enough); neither may hold a picture of ``test``. Positive class: fake; output:
    the logit. ``int8`` is ``bounded`` (:class:`BundleInvalid` where it loses over half a point of
    accuracy), ``any`` or ``none``.
    """
    check_new(folder)
    shown, explanation = network.shown(origin.margin)
    fields = _new_fields(folder.name, origin, shown, explanation)
    with new_folder(folder) as draft:
        crops = cut_crops(samples, shown)
        inner = cut_crops(trained_on, shown)
        artifacts, converted = network.write_float(draft, fields, inner)
        # Before INT8, which takes minutes: too few pictures to calibrate on are refused here.
        float_bundle = write_manifest(draft, fields, artifacts)
        data, judged = _calibrate(float_bundle, fields, samples, crops, wanted or Wanted())
        if int8 != "none":
            files = _write_int8(network, converted, draft, fields, inner)
            artifacts[RuntimeName.OPENVINO_INT8] = files
            both = write_manifest(draft, fields, artifacts)
            loss = _int8_loss(both, fields["calibration"], data, crops)
            if int8 == "bounded":
                loss.check()
            fields["metrics"]["int8"] = loss.to_json()
        write_self_tested(draft, fields, artifacts)
        for runtime in artifacts:
            self_test(load_detector(load_bundle(draft), runtime=runtime))
    return Published(load_bundle(folder), judged)


def record(bundle: Bundle, name: str, report: Mapping[str, Any]) -> Bundle:
    """Write figures into ``model.json`` under ``metrics.<name>``; the weights stay."""
    metrics = {**bundle.manifest.metrics, name: dict(report)}
    return rewrite(bundle.path, bundle.manifest, metrics=metrics)


def rewrite(folder: Path, manifest: Manifest, **changes: Any) -> Bundle:
    """Write ``model.json`` anew with some fields changed; the weights stay."""
    fields = {
        **manifest.model_dump(mode="json", exclude={"schema_version", "artifacts"}),
        **changes,
    }
    artifacts = {key: list(value.files) for key, value in manifest.artifacts.items()}
    return write_manifest(folder, fields, artifacts)


def check_new(folder: Path) -> None:
    """Raise :class:`ConfigurationError` for a folder that exists, or whose name no bundle may have.

    Before the slow part, as the other fields are checked.
    """
    if folder.exists():
        raise ConfigurationError(f"{folder} exists already; choose a new folder.")
    if not re.fullmatch(NAME_PATTERN, folder.name):
        raise ConfigurationError(
            f"The name {folder.name!r} is not one of a bundle: at most 64 small letters, digits, "
            "dots, hyphens and underscores, the first a letter or digit."
        )


def _write_int8(
    network: Exportable,
    converted: Any,
    folder: Path,
    fields: dict[str, Any],
    crops: Sequence[bytes],
) -> list[str]:
    ranges = list(tensor_of(evenly(crops, INT8_CROPS), fields))
    return export.save_openvino(network.quantized(converted, ranges), folder, export.INT8)


def _new_fields(
    name: str, origin: Origin, shown: InputSpec, explanation: Explanation | None
) -> dict[str, Any]:
    """The fields of a bundle that is not calibrated yet; raises what :func:`check_fields` does."""
    fields = {
        "name": name,
        "version": origin.version,
        "positive_class": "fake",
        "output": "logit",
        "input": shown,
        "calibration": None,
        "thresholds": Thresholds(fake=0.5 + 1e-6, real=0.5),  # replaced once calibrated
        "explanation": explanation,
        "data": origin.data,
        "licence": origin.licence,
        "metrics": {},
    }
    check_fields(fields)
    return fields


def _calibrate(
    bundle: Bundle,
    fields: dict[str, Any],
    samples: Sequence[Sample],
    crops: Sequence[bytes],
    wanted: Wanted,
) -> tuple[reliability.Labelled, reliability.CrossValidated]:
    """Fit on FP32, which all runtimes stand for."""
    fp32 = scores_of_crops(load_detector(bundle, runtime=RuntimeName.OPENVINO_FP32), crops)
    data = reliability.Labelled.of(samples, fp32.logit)
    judged = reliability.cross_validate(data, wanted)
    told = reliability.fitted_on(samples, "valid and held-out groups of train")
    fields["calibration"], fields["thresholds"] = reliability.calibrate(data, wanted, told)
    if fp32.novelty is not None:
        limit = float(np.quantile(fp32.novelty, 1 - _NOVEL_SHARE))
        fields["novelty"] = Novelty(limit=round(limit, 3), rate=_NOVEL_SHARE, fitted_on=told)
    fields["expected_error"] = picture_cells(samples, judged.verdicts)
    fields["metrics"]["calibration"] = judged.to_json()
    return data, judged


def _int8_loss(
    bundle: Bundle, calibration: Calibration, data: reliability.Labelled, crops: Sequence[bytes]
) -> Int8Loss:
    """What INT8 costs under the calibration of FP32."""
    int8 = scores_of_crops(load_detector(bundle, runtime=RuntimeName.OPENVINO_INT8), crops).logit
    fp32_p, int8_p = (reliability.apply(calibration, x) for x in (data.logits, int8))
    return compare(data.fake, fp32_p, int8_p)
