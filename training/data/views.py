"""The crops of one training step: which pictures, and how each is seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.data.augment import Augmentation, augmented_crop
from training.data.batches import Sampler
from training.data.sample import Sample


def views_of_step(
    sampler: Sampler, step: int, size: int, augmentation: Augmentation, seed: int
) -> tuple[list[Sample], list[NDArray[np.uint8]]]:
    """The samples of a step and their crops, each (size, size, 3) uint8 RGB.

    A pure function of (seed, step). A fake and the real picture beside it are flipped, cut and
    compressed alike, so that what tells them apart is the forgery.
    """
    samples = sampler.draw(step)
    pairs = len(samples) // 2 if sampler.paired else len(samples)
    crops = [
        augmented_crop(
            sample,
            size,
            np.random.default_rng([seed, 3, step, slot % pairs]),
            augmentation,
            blending_rng=np.random.default_rng([seed, 7, step, slot]),
        )
        for slot, sample in enumerate(samples)
    ]
    return samples, crops
