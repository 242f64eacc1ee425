from __future__ import annotations

from benchmarks.growth.faces import milliseconds, strangers
from benchmarks.growth.judging import Cost
from core.faces.tracking import track

COST = Cost(decoding_s=1, detecting_s=2, cutting_s=3, tracking_s=4, judging_s=5, wall_s=9, crops=10)


def test_the_whole_is_the_sum_of_its_parts() -> None:
    parts = milliseconds([COST])
    assert sum(costs[0] for name, costs in parts.items() if name != "whole job") == 15_000
    assert parts["whole job"] == [15_000]


def test_strangers_are_all_new() -> None:
    assert track(strangers(3)) == [list(range(8)), list(range(8, 16)), list(range(16, 24))]
