"""Labelled pictures through a detector, as a calibration needs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.model.crop_scores import CropScores
from core.model.detector import Detector
from training.calibrate.calibration import balanced_weights
from training.calibrate.reliability import Labelled
from training.data.cache import Sample

_BATCH = 32


def logits_of(detector: Detector, jpegs: Sequence[bytes]) -> NDArray[np.float64]:
    """Uncalibrated logits of "fake" of face crops, (n,) float64."""
    return scores_of_crops(detector, jpegs).logit


def scores_of_crops(detector: Detector, jpegs: Sequence[bytes]) -> CropScores:
    """What the network says of face crops, batch by batch."""
    starts = range(0, len(jpegs), _BATCH)
    return CropScores.joined([detector.score(jpegs[start : start + _BATCH]) for start in starts])


def labelled(samples: Sequence[Sample], logits: NDArray[np.float64]) -> Labelled:
    """Join pictures with their logits; both classes and all sources get their say."""
    fake = np.array([sample.picture.fake for sample in samples], np.bool_)
    sources = [sample.picture.source for sample in samples]
    return Labelled(
        logits=logits,
        fake=fake,
        groups=np.array([sample.picture.group for sample in samples], np.str_),
        weights=balanced_weights(sources, fake),
    )


def fitted_on(samples: Sequence[Sample], where: str) -> str:
    """What ``model.json`` says of the pictures that a calibration was fitted on."""
    fakes = sum(sample.picture.fake for sample in samples)
    sources = len({sample.picture.source for sample in samples})
    return (
        f"{len(samples) - fakes} real and {fakes} fake pictures of {sources} sources, {where}; "
        "both classes weighted alike"
    )
