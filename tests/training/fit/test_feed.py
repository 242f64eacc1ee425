from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.data.lookahead import Lookahead
from training.data.pipeline import Batch
from training.fit.feed import feed

keras = pytest.importorskip("keras")


def _batch(index: int) -> Batch:
    """Three reals, then three fakes, at 4 px; the pictures hold their places."""
    places = np.arange(6, dtype=np.float32) + 10 * index
    return np.tile(places[:, None, None, None], (1, 4, 4, 3)), np.repeat(
        np.array([0, 1], np.float32), 3
    )


def test_keras_fits_on_every_batch_once_in_order() -> None:
    pytest.importorskip("tensorflow")
    seen: list[float] = []

    def note(_fake: object, means: Any) -> Any:
        seen.append(float(means[0, 0]))
        return means[:, 0]

    dense = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(1 / 3))
    pool = keras.layers.GlobalAveragePooling2D()
    model = keras.Sequential([keras.Input((None, None, 3)), pool, dense])
    model.compile(keras.optimizers.SGD(0.0), loss=note, run_eagerly=True)
    model.fit(
        feed(Lookahead(_batch, 6)), epochs=2, steps_per_epoch=3,
        class_weight={0: 1.0, 1: 2.0}, shuffle=False, verbose=0,
    )  # fmt: skip
    assert np.round(seen).tolist() == [0, 10, 20, 30, 40, 50]
