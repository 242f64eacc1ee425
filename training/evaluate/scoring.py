"""Pictures through the code path that serves: crop, JPEG, runtime, calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import jpeg
from core.model.bundle import Bundle, InputSpec, RuntimeName
from core.model.detector import Detector
from core.model.runtimes import load_detector
from training.data.cache import Sample
from training.data.progress import tracked
from training.evaluate.scores import Floats

BATCH = 32


def score_samples(detector: Detector, samples: Sequence[Sample]) -> Floats:
    """P(fake) of each picture's face crop, (n,) float64."""
    return score_crops(detector, cut_crops(samples, detector.bundle.manifest.input))


def score_by_runtime(
    bundle: Bundle, samples: Sequence[Sample], runtimes: Sequence[RuntimeName]
) -> dict[RuntimeName, Floats]:
    """The same crops through every runtime: its P(fake), (n,) float64."""
    crops = cut_crops(samples, bundle.manifest.input)
    return {
        runtime: score_crops(load_detector(bundle, runtime=runtime), crops, f"scores, {runtime}")
        for runtime in runtimes
    }


def cut_crops(samples: Sequence[Sample], shown: InputSpec) -> list[bytes]:
    """The face crop of each picture as the JPEG that a worker would get for a bundle."""
    return [
        jpeg.encode(sample.crop(shown.size, shown.margin))
        for sample in tracked(samples, "face crops")
    ]


def score_crops(detector: Detector, jpegs: Sequence[bytes], label: str | None = "scores") -> Floats:
    """P(fake) of each crop, (n,) float64, in batches; no progress is shown without a label."""
    starts = range(0, len(jpegs), BATCH)
    parts = [
        detector.probability(jpegs[start : start + BATCH])
        for start in (starts if label is None else tracked(starts, label))
    ]
    return np.concatenate([np.empty(0, np.float64), *parts])
