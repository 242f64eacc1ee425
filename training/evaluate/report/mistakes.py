"""The pictures that a bundle is most wrong about."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import numpy as np

from core import jpeg
from training.evaluate.evaluation import Evaluation

SHOWN = 12  # of each kind
_QUALITY = 85
_SIDE_PX = 160


@dataclass(frozen=True, slots=True)
class Mistake:
    """A face as the detector saw it, and what it said; ``crop`` is a data URI."""

    key: str
    generator: str
    probability: float
    crop: str


def worst_mistakes(evaluation: Evaluation, shown: int = SHOWN) -> dict[str, list[Mistake]]:
    """Reals with the highest P(fake) and fakes with the lowest, the worst first."""
    fake, p = evaluation.scores.fake, evaluation.scores.probability
    order = np.argsort(p, kind="stable")
    accused = [int(index) for index in order[::-1] if not fake[index] and p[index] >= 0.5]
    missed = [int(index) for index in order if fake[index] and p[index] < 0.5]
    return {
        "real": [_mistake(evaluation, index) for index in accused[:shown]],
        "fake": [_mistake(evaluation, index) for index in missed[:shown]],
    }


def _mistake(evaluation: Evaluation, index: int) -> Mistake:
    sample = evaluation.samples[index]
    data = jpeg.encode(sample.crop(_SIDE_PX, evaluation.bundle.manifest.input.margin), _QUALITY)
    return Mistake(
        sample.picture.key,
        str(evaluation.scores.generator[index]),
        float(evaluation.scores.probability[index]),
        f"data:image/jpeg;base64,{base64.b64encode(data).decode()}",
    )
