from __future__ import annotations

import numpy as np

from core.preprocess import Scaling
from training.data.cache import Sample
from training.served_crops import ServedCrops


def test_batches_hold_every_crop_in_order(samples: list[Sample]) -> None:
    crops = ServedCrops((list(samples) * 2)[:40], 48, Scaling.SIGNED)
    batches = list(crops.batches())
    assert [len(batch) for batch in batches] == [32, 8]
    assert len(crops) == 2
    np.testing.assert_array_equal(np.concatenate(batches), crops.evenly(40))


def test_an_even_selection_reaches_from_the_first_to_the_last(samples: list[Sample]) -> None:
    crops = ServedCrops(samples, 48, Scaling.SIGNED)
    everything = crops.evenly(len(samples))
    np.testing.assert_array_equal(crops.evenly(2), everything[[0, -1]])
    assert len(crops.evenly(10**6)) == len(samples)
    assert -1 <= everything.min() < everything.max() <= 1
