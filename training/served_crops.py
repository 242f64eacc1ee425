"""Face crops of pictures as a network gets them where it serves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core import jpeg, preprocess
from core.preprocess import Scaling
from training.data.cache import Sample

_BATCH = 32


@dataclass(frozen=True, slots=True)
class ServedCrops:
    """Crops of ``samples``, (n, size, size, 3) float32, cut and compressed when they are asked for.

    Its length is the number of ``batches``.
    """

    samples: Sequence[Sample]
    size: int  # px
    scaling: Scaling

    def __len__(self) -> int:
        return math.ceil(len(self.samples) / _BATCH)

    def batches(self) -> Iterator[NDArray[np.float32]]:
        """All of them, at most 32 at a time."""
        for start in range(0, len(self.samples), _BATCH):
            yield self._of(self.samples[start : start + _BATCH])

    def evenly(self, number: int) -> NDArray[np.float32]:
        """An even selection of at most ``number``, together."""
        chosen = np.linspace(0, len(self.samples) - 1, min(number, len(self.samples))).astype(int)
        return self._of([self.samples[index] for index in chosen])

    def _of(self, samples: Sequence[Sample]) -> NDArray[np.float32]:
        jpegs = [jpeg.encode(sample.crop(self.size)) for sample in samples]
        return preprocess.from_jpegs(jpegs, size=self.size, scaling=self.scaling)
