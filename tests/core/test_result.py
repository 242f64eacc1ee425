from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st

from core.result import Thresholds

BAND = Thresholds(fake=0.8, real=0.2)
UNIT = st.floats(0, 1)


def side(probability: float, thresholds: Thresholds) -> tuple[bool, bool]:
    return probability >= thresholds.fake, probability <= thresholds.real


def test_a_probability_is_rounded_to_four_digits_away_from_the_thresholds() -> None:
    assert BAND.round(0.123456789) == 0.1235
    assert BAND.text(0.9, 3) == "0.900"


def test_a_probability_beside_a_threshold_keeps_the_digits_that_tell_its_side() -> None:
    assert [BAND.round(p) for p in (0.79996, 0.7999999, 0.20004, 0.8)] == [
        0.79996, 0.7999999, 0.20004, 0.8,
    ]  # fmt: skip
    assert BAND.text(0.79996, 3) == "0.79996"


@given(UNIT, UNIT, UNIT, st.integers(0, 6))
def test_no_rounding_crosses_a_threshold(p: float, one: float, other: float, digits: int) -> None:
    band = Thresholds(fake=max(one, other), real=min(one, other))
    assert side(band.round(p, digits), band) == side(p, band)
    assert side(float(band.text(p, digits)), band) == side(p, band)


@given(UNIT)
@example(0.8)
@example(5e-324)
def test_a_probability_one_float_below_a_threshold_is_still_below_it(threshold: float) -> None:
    band = Thresholds(fake=threshold, real=0)
    below = math.nextafter(threshold, 0)
    assert side(float(band.text(below, 4)), band) == side(below, band)
