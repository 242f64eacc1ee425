"""A data set as the metrics see it: labels and probabilities, no pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.cache import Sample

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What is known of n pictures and what the detector said of them; every array is (n,)."""

    fake: Flags
    probability: Floats  # calibrated P(fake), in [0, 1]
    source: NDArray[np.str_]
    generator: NDArray[np.str_]  # what made a fake; "" for reals
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


def scores_of(samples: Sequence[Sample], probability: Floats) -> Scores:
    """Join pictures with the probabilities that were computed of them, in the same order."""
    pictures = [sample.picture for sample in samples]
    return Scores(
        fake=np.array([picture.fake for picture in pictures], np.bool_),
        probability=np.asarray(probability, np.float64),
        source=np.array([picture.source for picture in pictures], np.str_),
        generator=np.array([each.generator if each.fake else "" for each in pictures], np.str_),
        face_found=np.array([sample.face_found for sample in samples], np.bool_),
    )
