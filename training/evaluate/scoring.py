"""Pictures through the code path that serves: crop, JPEG, runtime, calibration."""

from __future__ import annotations

from collections.abc import Sequence

from core import jpeg
from core.model.bundle import InputSpec
from core.model.crop_scores import CropScores
from core.model.detector import Detector
from training.data.cache import Sample
from training.data.progress import tracked
from training.evaluate.metrics import Floats

BATCH = 32


def cut_crops(samples: Sequence[Sample], shown: InputSpec) -> list[bytes]:
    """The face crop of each picture as the JPEG that a worker would get for a bundle."""
    return [
        jpeg.encode(sample.crop(shown.size, shown.margin))
        for sample in tracked(samples, "face crops")
    ]


def scores_of_crops(
    detector: Detector, jpegs: Sequence[bytes], label: str | None = None
) -> CropScores:
    """What the network says of face crops, batch by batch; with a label progress is shown."""
    starts = range(0, len(jpegs), BATCH)
    shown = starts if label is None else tracked(starts, label)
    return CropScores.joined([detector.score(jpegs[at : at + BATCH]) for at in shown])


def score_crops(detector: Detector, jpegs: Sequence[bytes], label: str | None = None) -> Floats:
    """P(fake) of each crop, (n,) float64."""
    logits = scores_of_crops(detector, jpegs, label).logit
    return detector.bundle.manifest.rules.picture_probability(logits)


def score_samples(detector: Detector, samples: Sequence[Sample]) -> Floats:
    """P(fake) of each picture's face crop, (n,) float64."""
    return score_crops(detector, cut_crops(samples, detector.bundle.manifest.input), "scores")
