"""A slope is told with its interval."""

from __future__ import annotations

import random
from math import exp

import pytest

from benchmarks.soak import slope_of, table, trend


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


@pytest.mark.parametrize(
    ("before", "last", "word"),
    [
        ((0.1, 0.5), (-0.2, 0.5), "level"),
        ((5.0, 0.5), (-1.0, 0.5), "falls"),
        ((5.0, 0.5), (1.0, 0.5), "slows"),
        ((5.0, 0.5), (5.2, 0.5), "grows"),
        ((5.0, 3.0), (3.0, 0.5), "grows"),  # it may be as much as before
    ],
)
def test_a_trend_is_told_only_where_the_intervals_tell_it(
    before: tuple[float, float], last: tuple[float, float], word: str
) -> None:
    assert trend(before, last) == word


def test_what_is_taken_once_and_kept_is_told_from_a_leak() -> None:
    draw = random.Random(2)
    warm, leak = [
        [(at, grown(at) + draw.gauss(0, 0.05)) for at in range(0, 1500, 5)]
        for grown in (lambda at: 100 - 30 * exp(-at / 300), lambda at: 100 + 20 * at / 3600)
    ]
    lines = table({("gateway", "warm"): warm, ("gateway", "leaky"): leak}).splitlines()[2:]
    assert [line.split(" | ")[-1] for line in lines] == ["slows |", "grows |"]
