from __future__ import annotations

import pytest

from training.fit.stretches import stretches


@pytest.mark.parametrize(
    ("first", "last", "every", "reports"),
    [
        (0, 60, 20, [20, 40, 60]),
        (0, 50, 20, [20, 40, 50]),
        (0, 12, 20, [12]),
        (40, 90, 20, [60, 80, 90]),
        (50, 90, 20, [60, 80, 90]),  # a run that was made with other reports
        (7, 7, 20, []),
    ],
)
def test_reports_fall_on_the_same_steps_wherever_a_run_starts(
    first: int, last: int, every: int, reports: list[int]
) -> None:
    found = []
    for stretch in stretches(first, last, every):
        ends = range(stretch.first, stretch.last, stretch.steps_per_report)
        found += [start + stretch.steps_per_report for start in ends]
    assert found == reports


@pytest.mark.parametrize(
    ("first", "border", "reports"),
    [
        (0, 50, [20, 40, 50, 60, 70]),
        (40, 50, [50, 60, 70]),
        (50, 50, [60, 70]),
        (0, 40, [20, 40, 60, 70]),
        (0, 70, [20, 40, 60, 70]),
    ],
)
def test_none_goes_over_the_border_and_a_report_falls_on_it(
    first: int, border: int, reports: list[int]
) -> None:
    found = []
    for stretch in stretches(first, 70, 20, border=border):
        assert not stretch.first < border < stretch.last
        ends = range(stretch.first, stretch.last, stretch.steps_per_report)
        found += [start + stretch.steps_per_report for start in ends]
    assert found == reports
