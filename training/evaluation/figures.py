"""Figures by source, through the code path that serves: crop, JPEG, runtime, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.bundle import Thresholds
from core.detector import Detector
from training.data.cache import Sample
from training.evaluation import metrics

# A source of fakes only is compared with the reals of another: the photographs of the kind
# that its generator learned from.
REALS_OF = {"stylegan2": "stylegan_ffhq"}
_BATCH = 32


def score_samples(detector: Detector, samples: Sequence[Sample]) -> NDArray[np.float64]:
    """P(fake) of each picture's face crop, (n,) float64."""
    size = detector.bundle.manifest.input.size
    parts = [
        detector.score(
            [jpeg.encode(sample.crop(size)) for sample in samples[start : start + _BATCH]]
        )
        for start in range(0, len(samples), _BATCH)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def figures(
    samples: Sequence[Sample], probability: NDArray[np.float64], thresholds: Thresholds
) -> dict[str, Any]:
    """Figures of every source and of all together, as plain JSON values."""
    fake = np.array([sample.picture.fake for sample in samples])
    names = np.array([sample.picture.source for sample in samples])
    by_source = {}
    for name in sorted(set(names.tolist())):
        some = names == name
        compared = some
        if not (~fake[some]).any() and name in REALS_OF:
            compared = some | ((names == REALS_OF[name]) & ~fake)
        by_source[name] = _figures(fake[some], probability[some], thresholds)
        by_source[name]["auc"] = _rounded(metrics.auc(fake[compared], probability[compared]))
        by_source[name]["eer"] = _rounded(
            metrics.equal_error_rate(fake[compared], probability[compared])
        )
    return {"all": _figures(fake, probability, thresholds), "by_source": by_source}


def table(report: dict[str, Any]) -> str:
    """The figures as text, one line a source."""
    lines = [
        f"{'source':<20} {'real':>5} {'fake':>5} {'AUC':>7} {'EER':>7} {'ECE':>7} {'acc':>7} "
        f"{'real called fake':>17} {'fake found':>11} {'fake called real':>17} {'inconcl.':>9}"
    ]
    rows = [*report["by_source"].items(), ("all", report["all"])]
    lines += [_line(name, values) for name, values in rows]
    return "\n".join(lines)


def _figures(
    fake: NDArray[np.bool_], probability: NDArray[np.float64], thresholds: Thresholds
) -> dict[str, Any]:
    called_fake = probability >= thresholds.fake
    called_real = probability <= thresholds.real
    return {
        "real": int((~fake).sum()),
        "fake": int(fake.sum()),
        "auc": _rounded(metrics.auc(fake, probability)),
        "eer": _rounded(metrics.equal_error_rate(fake, probability)),
        "ece": _rounded(metrics.calibration_error(fake, probability)),
        "accuracy_at_half": _rounded(metrics.accuracy(fake, probability)),
        "real_called_fake": _share(called_fake[~fake]),
        "fake_called_fake": _share(called_fake[fake]),
        "fake_called_real": _share(called_real[fake]),
        "inconclusive": _share(~(called_fake | called_real)),
    }


def _share(flags: NDArray[np.bool_]) -> float | None:
    return _rounded(float(flags.mean())) if len(flags) else None


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _line(name: str, values: dict[str, Any]) -> str:
    def cell(key: str, width: int) -> str:
        value = values[key]
        return f"{'-' if value is None else format(value, '.3f'):>{width}}"

    return (
        f"{name:<20} {values['real']:>5} {values['fake']:>5} {cell('auc', 7)} {cell('eer', 7)} "
        f"{cell('ece', 7)} {cell('accuracy_at_half', 7)} {cell('real_called_fake', 17)} "
        f"{cell('fake_called_fake', 11)} {cell('fake_called_real', 17)} {cell('inconclusive', 9)}"
    )
