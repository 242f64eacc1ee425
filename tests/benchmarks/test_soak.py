"""A slope is told with its interval."""

from __future__ import annotations

import random

import pytest

from benchmarks.soak import slope_of


def readings(by_the_hour: float, noise: float = 1.0) -> list[tuple[float, float]]:
    draw = random.Random(1)
    return [(at, by_the_hour * at / 3600 + draw.gauss(20, noise)) for at in range(0, 1200, 5)]


def test_what_is_level_has_zero_within_its_interval_and_what_grows_has_not() -> None:
    slope, error = slope_of(readings(0.0))
    assert abs(slope) < error < 5
    slope, error = slope_of(readings(60.0))
    assert abs(slope - 60) < error < 5


def test_a_slope_through_too_few_readings_is_refused() -> None:
    with pytest.raises(ValueError, match="11 readings are too few"):
        slope_of(readings(0.0)[:11])
