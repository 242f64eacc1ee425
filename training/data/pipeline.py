"""Batches as ``tf.data`` feeds them: prepared on threads while the network trains.

OpenCV, NumPy and the stages of ``core`` do the work, called from ``tf.data``: the same
crop, JPEG and scaling that serve, so training and serving cannot drift apart.
"""

# ruff: noqa: PLC0415 - TensorFlow takes seconds to import: only where it is used

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.model import preprocess
from core.model.preprocess import Scaling
from training.data.augment import Augmentation
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.views import views_of_step

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


def training_batches(
    sampler: Sampler,
    augmentation: Augmentation,
    size_at: Callable[[int], int],
    *,
    first_step: int,
    last_step: int,
    seed: int,
    scaling: Scaling,
) -> Any:
    """The batches of steps ``first_step`` up to, not including, ``last_step``, in order.

    Each is a pure function of (seed, step), so a resumed run sees what it would have seen.

    Parameters
    ----------
    size_at
        Step to the side of its crops, px.

    Returns
    -------
    tf.data.Dataset
        Of (crops, labels): (batch, size, size, 3) float32 in the network's ``scaling``, and
        (batch,) float32, 1 for fake.
    """

    def prepare(step: int) -> Arrays:
        samples, crops = views_of_step(sampler, step, size_at(step), augmentation, seed)
        return _tensors(samples, crops, scaling)

    sizes = {size_at(step) for step in range(first_step, last_step)}
    return _dataset(prepare, first_step, last_step, sizes.pop() if len(sizes) == 1 else None)


def evaluation_batches(
    samples: Sequence[Sample], size: int, *, margin: float, scaling: Scaling, batch_size: int = 32
) -> Any:
    """Every sample once, in order, as serving sees it: its crop through a JPEG, unaugmented.

    ``margin`` is around the face, as a fraction of its longer side.

    Returns
    -------
    tf.data.Dataset
        As that of :func:`training_batches`; the last batch may be smaller.
    """

    def prepare(index: int) -> Arrays:
        some = samples[index * batch_size : (index + 1) * batch_size]
        crops = [jpeg.decode(jpeg.encode(each.crop(size, margin)), size=size) for each in some]
        return _tensors(some, crops, scaling)

    return _dataset(prepare, 0, -(-len(samples) // batch_size), size)


def _tensors(
    samples: Sequence[Sample], crops: Sequence[NDArray[np.uint8]], scaling: Scaling
) -> Arrays:
    labels = np.array([sample.picture.fake for sample in samples], np.float32)
    return preprocess.to_tensor(np.stack(crops), scaling), labels


def _dataset(prepare: Callable[[int], Arrays], first: int, last: int, size: int | None) -> Any:
    """Call ``prepare`` on several threads for ``range(first, last)``; results stay in order."""
    import tensorflow as tf

    cv2.setNumThreads(1)  # the threads of tf.data are the parallelism

    def load(index: Any) -> tuple[Any, Any]:
        crops, labels = tf.numpy_function(
            lambda value: prepare(int(value)), [index], (tf.float32, tf.float32)
        )
        return tf.ensure_shape(crops, (None, size, size, 3)), tf.ensure_shape(labels, (None,))

    numbers = tf.data.Dataset.range(first, last)
    batches = numbers.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    known = batches.apply(tf.data.experimental.assert_cardinality(max(0, last - first)))
    return known.prefetch(tf.data.AUTOTUNE)
