from __future__ import annotations

import numpy as np
import pytest

from core import jpeg
from core.model.preprocess import Scaling, from_jpegs, to_tensor


@pytest.mark.parametrize(
    ("scaling", "low", "high"),
    [(Scaling.UNIT, 0, 1), (Scaling.SIGNED, -1, 1), (Scaling.RAW, 0, 255)],
)
def test_black_and_white_reach_the_ends_of_the_range(
    scaling: Scaling, low: float, high: float
) -> None:
    crops = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
    tensor = to_tensor(crops, scaling)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0], low, atol=1e-6)
    np.testing.assert_allclose(tensor[1], high, atol=1e-6)


def test_the_crops_themselves_are_left_alone() -> None:
    crops = np.full((1, 4, 4, 3), 7, np.uint8)
    to_tensor(crops, Scaling.SIGNED)
    assert (crops == 7).all()


def test_no_crops_give_an_empty_tensor() -> None:
    assert from_jpegs([], size=24, scaling=Scaling.UNIT).shape == (0, 24, 24, 3)


def test_jpegs_become_one_batch_in_their_order() -> None:
    jpegs = [jpeg.encode(np.full((16, 16, 3), grey, np.uint8)) for grey in (0, 100, 200)]
    tensor = from_jpegs(jpegs, size=16, scaling=Scaling.RAW)
    np.testing.assert_allclose(tensor.mean(axis=(1, 2, 3)), [0, 100, 200], atol=1)


def test_floats_are_refused_instead_of_scaled_twice() -> None:
    with pytest.raises(ValueError, match="uint8"):
        to_tensor(np.zeros((1, 4, 4, 3), np.float32), Scaling.UNIT)
