"""Batches in the form that ``keras.Model.fit`` takes on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.lookahead import Lookahead
from training.data.pipeline import Batch


def feed(batches: Lookahead[Batch], devices: int = 1) -> Any:
    """A ``keras.utils.PyDataset`` of the batches, in an order that suits so many devices.

    Keras reads it on one thread; the look-ahead has threads of its own.
    """
    import keras

    class Feed(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> Batch:
            crops, fake = batches[index]
            if devices < 2:
                return crops, fake
            order = dealt(fake)
            return crops[order], fake[order]

    return Feed()


def dealt(fake: NDArray[np.float32]) -> NDArray[np.intp]:
    """An order of a batch that gives each part of it both classes.

    A mixture's batch has its real pictures first. Divided as it is, one device would normalise
    real pictures alone and the other fakes alone (BatchNormalization counts per device).
    """
    real_first = np.argsort(fake, kind="stable")
    half = (len(fake) + 1) // 2
    place = np.arange(len(fake))
    return np.asarray(real_first[place // 2 + (place % 2) * half])
