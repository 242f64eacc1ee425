"""Batches as training and validation read them: prepared on threads while the network computes.

OpenCV, NumPy and the stages of ``core`` do the work: the same crop, JPEG and scaling that
serve, so training and serving cannot drift apart. No library of networks is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.model import preprocess
from core.model.preprocess import Scaling
from training.data.augment import Augmentation, augmented_crop
from training.data.batches import Sampler
from training.data.lookahead import Lookahead
from training.data.sample import Sample

# (batch, size, size, 3) float32 crops in the network's scaling; (batch,) float32, 1 for fake
Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


def training_batches(
    sampler: Sampler,
    augmentation: Augmentation,
    size_at: Callable[[int], int],
    *,
    first_step: int,
    last_step: int,
    seed: int,
    scaling: Scaling,
) -> Lookahead[Batch]:
    """The batches of steps ``first_step`` up to, not including, ``last_step``, in order.

    Each is a pure function of (seed, step), so a resumed run sees what it would have seen.
    ``size_at`` is from a step to the side of its crops, px.
    """

    def prepare(index: int) -> Batch:
        step = first_step + index
        samples, crops = views_of_step(sampler, step, size_at(step), augmentation, seed)
        return _tensors(samples, crops, scaling)

    return _lookahead(prepare, max(0, last_step - first_step))


def evaluation_batches(
    samples: Sequence[Sample], size: int, *, margin: float, scaling: Scaling, batch_size: int = 32
) -> Lookahead[Batch]:
    """Every sample once, in order, as serving sees it: its crop through a JPEG, unaugmented.

    ``margin`` is around the face, as a fraction of its longer side. The last batch may be smaller.
    """

    def prepare(index: int) -> Batch:
        some = samples[index * batch_size : (index + 1) * batch_size]
        crops = [jpeg.decode(jpeg.encode(each.crop(size, margin)), size=size) for each in some]
        return _tensors(some, crops, scaling)

    return _lookahead(prepare, -(-len(samples) // batch_size))


def _tensors(
    samples: Sequence[Sample], crops: Sequence[NDArray[np.uint8]], scaling: Scaling
) -> Batch:
    labels = np.array([sample.picture.fake for sample in samples], np.float32)
    return preprocess.to_tensor(np.stack(crops), scaling), labels


def _lookahead(prepare: Callable[[int], Batch], length: int) -> Lookahead[Batch]:
    cv2.setNumThreads(1)  # the threads of the look-ahead are the parallelism
    return Lookahead(prepare, length)


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
