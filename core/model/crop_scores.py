"""What the network said of face crops, before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CropScores:
    """The answers to n face crops, in their order; n may be 0.

    ``logit`` is that of "fake" before any calibration, (n,) float64. ``novelty`` is how far each
    crop is from the training data, (n,) float64 ≥ 0, and None where the bundle does not tell.
    ``heat`` is what each place of each crop adds to the calibrated logit of "fake", (n, h, w)
    float32, and None where it was not asked for or the bundle cannot tell.
    """

    logit: Floats
    novelty: Floats | None
    heat: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.novelty is not None and self.novelty.shape != self.logit.shape:
            raise ValueError(f"{self.novelty.shape} novelties for {self.logit.shape} logits")

    def __len__(self) -> int:
        return len(self.logit)

    def part(self, start: int, stop: int) -> CropScores:
        """The answers to the crops from ``start`` to before ``stop``."""
        novelty = None if self.novelty is None else self.novelty[start:stop]
        heat = None if self.heat is None else self.heat[start:stop]
        return CropScores(self.logit[start:stop], novelty, heat)

    @classmethod
    def none(cls) -> Self:
        """The answers to no crops."""
        return cls(np.empty(0, np.float64), None)

    @classmethod
    def joined(cls, parts: Sequence[CropScores]) -> Self:
        """The answers to the crops of all parts; raises ValueError where some lack a novelty."""
        filled = [part for part in parts if len(part)]
        if not filled:
            return cls.none()
        novelties = [part.novelty for part in filled if part.novelty is not None]
        if novelties and len(novelties) < len(filled):
            raise ValueError(f"{len(novelties)} of {len(filled)} parts have a novelty")
        heats = [part.heat for part in filled if part.heat is not None]
        return cls(
            np.concatenate([part.logit for part in filled]),
            np.concatenate(novelties) if novelties else None,
            np.concatenate(heats) if len(heats) == len(filled) else None,
        )
