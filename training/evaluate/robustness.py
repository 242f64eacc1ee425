"""What is left of a detector when pictures get worse on their way.

Every degraded picture goes the whole way again: the face is searched in it, cut out,
compressed and scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.cores import usable_cores
from core.faces.detector import crop_face
from core.faces.face import FaceDetector
from core.model.detector import Detector
from training.data.cache import WHOLE, Sample
from training.data.progress import tracked
from training.evaluate import metrics, resampling
from training.evaluate.degradations import DEGRADATIONS, Degradation
from training.evaluate.figures import rounded, rounded_pair
from training.evaluate.metrics import Floats
from training.evaluate.scores import Scores, scores_of
from training.evaluate.scoring import score_crops
from training.evaluate.verdicts import called, shares

_CHUNK = 64


def measure_robustness(
    samples: Sequence[Sample],
    detector: Detector,
    faces: FaceDetector,
    *,
    degradations: Sequence[Degradation] = DEGRADATIONS,
    resamples: int = resampling.RESAMPLES,
) -> dict[str, Any]:
    """AUC, accuracy and share of reals called fake at every level of every degradation.

    ``auc_lost`` is the difference to the clean pictures; its interval is of paired resamples.
    """
    clean = _score(samples, detector, faces, lambda pixels: pixels, "clean")
    weights = clean.resampled(resamples)
    curves = {}
    for kind in degradations:
        scored = [(kind.clean, clean)] + [
            (level, _score(samples, detector, faces, kind.at(level), f"{kind.name} {level:g}"))
            for level in kind.levels
        ]
        points = [
            {"level": level, **_point(scores, clean, weights, detector)} for level, scores in scored
        ]
        curves[kind.name] = {"title": kind.title, "points": points}
    return {
        "pictures": len(clean),
        "real": int((~clean.fake).sum()),
        "fake": int(clean.fake.sum()),
        "curves": curves,
    }


def _score(
    samples: Sequence[Sample],
    detector: Detector,
    faces: FaceDetector,
    change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    label: str,
) -> Scores:
    """Change, search, cut and score every picture."""
    shown = detector.bundle.manifest.input

    def cut(sample: Sample) -> tuple[bytes, bool]:
        pixels = change(sample.pixels())
        found = faces.detect(pixels)
        # As with clean pictures: where no face is found, the picture is the face.
        box = found[0].box if found else WHOLE
        crop = crop_face(pixels, box, size=shown.size, margin=shown.margin)
        return jpeg.encode(crop), bool(found)

    probabilities: list[Floats] = []
    found: list[bool] = []
    starts = range(0, len(samples), _CHUNK)
    # a thread of the face detector for each picture
    with ThreadPoolExecutor(usable_cores()) as pool:
        for start in tracked(starts, f"robustness, {label:<14}"):
            cut_out = list(pool.map(cut, samples[start : start + _CHUNK]))
            found += [seen for _, seen in cut_out]
            probabilities.append(score_crops(detector, [data for data, _ in cut_out]))
    return replace(scores_of(samples, np.concatenate(probabilities)), face_found=np.array(found))


def _point(scores: Scores, clean: Scores, weights: Floats, detector: Detector) -> dict[str, Any]:
    fake, p = scores.fake, scores.probability
    aucs = metrics.auc(fake, p, weights)
    lost = metrics.auc(fake, clean.probability, weights) - aucs
    auc = metrics.once(metrics.auc, fake, p)
    decided = shares(fake, called(p, detector.bundle.manifest.thresholds), scores.group)
    accuracy = metrics.accuracy(fake, p, weights)
    wanted = ("real_called_fake", "fake_called_fake", "decided")
    intervals = {name: decided["intervals"][name] for name in wanted}
    resampled = {"auc": aucs, "auc_lost": lost, "accuracy_at_half": accuracy}
    for name, values in resampled.items():
        intervals[name] = rounded_pair(resampling.interval(values))
    return {
        "auc": rounded(auc),
        "auc_lost": rounded(metrics.once(metrics.auc, fake, clean.probability) - auc),
        "accuracy_at_half": rounded(metrics.once(metrics.accuracy, fake, p)),
        **{name: decided[name] for name in wanted},
        "face_found": rounded(float(scores.face_found.mean())),
        "intervals": intervals,
    }
