from __future__ import annotations

import pytest

from benchmarks.growth.fit import Growth, last_step


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0], ids=["flat", "root", "square"])
def test_the_power_of_an_exact_law_is_found(power: float) -> None:
    found = Growth.of([1, 10, 100, 1000], [3 * size**power for size in (1, 10, 100, 1000)])
    assert found.exponent == pytest.approx(power, abs=1e-9)
    assert found.high - found.low < 1e-6


def test_a_fixed_part_widens_the_interval() -> None:
    found = Growth.of([1, 10, 100, 1000], [100 + size for size in (1, 10, 100, 1000)])
    assert found.low < found.exponent < found.high
    assert found.high - found.low > 0.5


@pytest.mark.parametrize(
    ("sizes", "costs"), [([1, 2], [1, 2]), ([1, 2, 3], [1, 0, 2])], ids=["two-points", "no-cost"]
)
def test_what_has_no_slope_is_refused(sizes: list[float], costs: list[float]) -> None:
    with pytest.raises(ValueError, match="three or more"):
        Growth.of(sizes, costs)


def test_the_last_step_begins_at_half_the_largest_size() -> None:
    assert last_step([1, 4, 7, 8], [9, 2, 1, 4]) == pytest.approx(1)
    assert last_step([10, 60, 3600], [1, 5, 5]) == pytest.approx(0)
