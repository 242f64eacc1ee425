from __future__ import annotations

import numpy as np
import pytest

from core.errors import BundleInvalid
from training.export.int8_loss import compare

FAKE = np.arange(1000) % 2 == 1
FP32 = np.where(FAKE, 0.9, 0.1)


def with_mistakes(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    p = FP32.copy()
    p[:count] = 1 - p[:count]
    return p


def test_half_a_point_is_allowed() -> None:
    loss = compare(FAKE, FP32, with_mistakes(5))
    loss.check()
    assert loss.to_json()["accuracy_drop_points"] == 0.5
    assert loss.to_json()["greatest_difference"] == 0.8


def test_more_is_refused_with_the_figures() -> None:
    loss = compare(FAKE, FP32, with_mistakes(6))
    with pytest.raises(BundleInvalid, match=r"0\.60 points.*limit is 0\.5.*0\.9940 in INT8"):
        loss.check()


def test_a_gain_is_no_loss() -> None:
    loss = compare(FAKE, with_mistakes(50), FP32)
    assert loss.points == pytest.approx(-5)
    loss.check()
