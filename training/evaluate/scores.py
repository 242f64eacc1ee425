"""A data set as the metrics see it: labels and probabilities, no pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.cache import Sample
from training.data.picture import Picture
from training.evaluate import resampling
from training.evaluate.metrics import Flags, Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """What is known of n pictures or clips, and what the detector said; every array is (n,)."""

    fake: Flags
    probability: Floats  # calibrated P(fake), in [0, 1]; NaN for a clip that was not judged
    source: NDArray[np.str_]
    generator: NDArray[np.str_]  # what made a fake; "" for reals
    kind: NDArray[np.str_]  # of a fake, such as swap; "" for reals and where nobody says
    group: NDArray[np.str_]  # members of one are of one person, scene or film
    face_found: Flags  # where not, the whole picture was judged

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in self.__slots__}
        if len(lengths) != 1:
            raise ValueError(f"labels and probabilities of different lengths: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.fake)

    def strata(self) -> NDArray[np.int64]:
        """(n,) int64: pictures of one source and class share a number."""
        cells = np.stack([self.source, np.where(self.fake, "fake", "real")], axis=1)
        _, inverse = np.unique(cells, axis=0, return_inverse=True)
        return np.asarray(inverse.reshape(-1), np.int64)

    @property
    def judged(self) -> Flags:
        """(n,) bool: whether there is a probability."""
        return np.isfinite(self.probability)

    def resampled(self, resamples: int = resampling.RESAMPLES) -> Floats:
        """(resamples, n) float64: how often each is drawn, whole groups at a time."""
        return resampling.draw_groups(self.strata(), self.fake, self.group, resamples)


def scores_of(samples: Sequence[Sample], probability: Floats) -> Scores:
    """Join pictures with the probabilities that were computed of them, in the same order."""
    pictures = [sample.picture for sample in samples]
    found = np.array([sample.face_found for sample in samples], np.bool_)
    return scores_of_pictures(pictures, probability, found)


def scores_of_pictures(
    pictures: Sequence[Picture], probability: Floats, face_found: Flags
) -> Scores:
    """Join pictures or clips with what was said of them, in the same order."""
    return Scores(
        fake=np.array([picture.fake for picture in pictures], np.bool_),
        probability=np.asarray(probability, np.float64),
        source=np.array([picture.source for picture in pictures], np.str_),
        generator=np.array([each.generator if each.fake else "" for each in pictures], np.str_),
        kind=np.array([each.kind if each.fake else "" for each in pictures], np.str_),
        group=np.array([picture.group for picture in pictures], np.str_),
        face_found=face_found,
    )
