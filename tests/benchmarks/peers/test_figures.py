from __future__ import annotations

import pytest

from benchmarks.peers.figures import Figures, best_peer, ratio, ratios_to_best
from tests.benchmarks.peers.measured import measured


def test_the_best_peer_has_the_highest_median_and_is_no_variant_of_this_service() -> None:
    steady, lucky = measured("steady", 30, 31, 32), measured("lucky", 10, 11, 90)
    ours = measured("ours", 100, 100, 100, peer=False)
    assert best_peer([lucky, steady, ours], "10 s") is steady


def test_a_peer_that_did_not_start_is_not_the_best() -> None:
    absent = Figures("absent", peer=True, missing="no such file")
    assert best_peer([absent], "10 s") is None
    assert ratios_to_best([absent, measured("ours", 60, peer=False)], "10 s") == {}


def test_ratios_are_of_measurements_of_one_round() -> None:
    # The machine was twice as fast in the second round; the ratio is the same in both.
    spread = ratio(measured("ours", 60, 120, 90), measured("peer", 20, 40, 45), "10 s")
    assert (spread.middle, spread.least, spread.most) == pytest.approx((3, 2, 3))


def test_the_best_peer_is_once_as_fast_as_itself() -> None:
    ratios = ratios_to_best([measured("slow", 10), measured("fast", 20)], "10 s")
    assert ratios["slow"].middle == pytest.approx(0.5)
    assert ratios["fast"].middle == pytest.approx(1)
