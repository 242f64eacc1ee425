"""Fits an existing bundle's probabilities and thresholds to other data; no weight changes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.model.bundle import Bundle
from core.model.runtimes import AUTO, load_detector
from training.calibrate import reliability
from training.calibrate.calibration import Wanted
from training.calibrate.expected_error import picture_cells
from training.data.cache import Sample
from training.evaluate.scoring import cut_crops, scores_of_crops
from training.export.publish import Published, check_new, rewrite

# Figures that no calibration changes, all of them or the named ones.
_KEPT_METRICS: dict[str, tuple[str, ...] | None] = {
    "parity": None,
    "experts": None,  # of lite0-faces-v6: slopes and offsets that are in its weights
    "test_looks": None,  # no calibration undoes a look
    "int8": (
        "pictures",
        "auc_fp32",
        "auc_int8",
        "range_pictures",
        "logit_spread",
        "difference_rms",
        "difference_greatest",
    ),
}


def recalibrate(
    bundle: Bundle,
    samples: Sequence[Sample],
    wanted: Wanted,
    *,
    where: str,
    out: Path | None = None,
    runtime: str = AUTO,
) -> Published:
    """Calibrate ``bundle`` on ``samples``, in place or in the new folder ``out``.

    ``runtime`` answers for the rest; ``where`` names the data in ``model.json``. Figures
    measured under the old calibration are removed: they would be false claims. The calibration of
    videos stays, as it does not go through that of pictures; the errors of videos do not, as
    frames that disagree are told by the thresholds of pictures.
    """
    if out is not None:
        check_new(out)
    detector = load_detector(bundle, runtime=runtime)
    crops = cut_crops(samples, bundle.manifest.input)
    data = reliability.Labelled.of(samples, scores_of_crops(detector, crops).logit)
    judged = reliability.cross_validate(data, wanted)
    told = reliability.fitted_on(samples, where)
    calibration, thresholds = reliability.calibrate(data, wanted, told)
    old = bundle.manifest
    changes: dict[str, Any] = {
        "calibration": calibration.model_copy(
            update={"video": old.calibration and old.calibration.video}
        ),
        "thresholds": thresholds.model_copy(update={"video": old.thresholds.video}),
        "expected_error": picture_cells(samples, judged.verdicts),
        "metrics": {**_kept(bundle), "calibration": judged.to_json()},
    }
    return Published(write_fitted(bundle, changes, out), judged)


def write_fitted(bundle: Bundle, changes: Mapping[str, Any], out: Path | None) -> Bundle:
    """The bundle with fields of ``model.json`` changed, in place or as a copy in ``out``."""
    if out is None:
        return rewrite(bundle.path, bundle.manifest, **changes)
    shutil.copytree(bundle.path, out)
    return rewrite(out, bundle.manifest, **{**changes, "name": out.name})


def dropped_metrics(bundle: Bundle) -> list[str]:
    """Names of the figures that a new calibration makes false."""
    kept = {*_KEPT_METRICS, "calibration"}
    return [name for name in bundle.manifest.metrics if name not in kept]


def _kept(bundle: Bundle) -> dict[str, Any]:
    metrics = bundle.manifest.metrics
    return {
        name: metrics[name] if keys is None else _some(metrics[name], keys)
        for name, keys in _KEPT_METRICS.items()
        if name in metrics
    }


def _some(figures: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: figures[name] for name in names if name in figures}
