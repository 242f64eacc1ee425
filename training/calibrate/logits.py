"""Labelled pictures through a detector, as a calibration needs them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.model import preprocess
from core.model.detector import Detector
from training.calibrate.calibration import balanced_weights
from training.calibrate.reliability import Labelled
from training.data.cache import Sample

_BATCH = 32


def logits_of(detector: Detector, jpegs: Sequence[bytes]) -> NDArray[np.float64]:
    """Uncalibrated logits of "fake" of face crops, (n,) float64."""
    spec = detector.bundle.manifest.input
    parts = []
    for start in range(0, len(jpegs), _BATCH):
        some = jpegs[start : start + _BATCH]
        tensor = preprocess.from_jpegs(some, size=spec.size, scaling=spec.scaling)
        parts.append(detector.fake_logit(detector.runtime.predict(tensor)))
    return np.concatenate([np.empty(0), *parts])


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
