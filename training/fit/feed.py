"""Batches in the form that ``keras.Model.fit`` takes on every backend."""

from __future__ import annotations

from typing import Any

from training.data.lookahead import Lookahead
from training.data.pipeline import Batch


def feed(batches: Lookahead[Batch]) -> Any:
    """A ``keras.utils.PyDataset`` of the batches.

    Keras reads it on one thread; the look-ahead has threads of its own.
    """
    import keras

    class Feed(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> Batch:
            return batches[index]

    return Feed()
