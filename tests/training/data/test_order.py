from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from training.data.order import EpochOrder, WeightedPicks


@settings(deadline=None)
@given(length=st.integers(1, 50), epoch=st.integers(0, 1000))
def test_every_epoch_is_a_permutation(length: int, epoch: int) -> None:
    order = EpochOrder(length, [1, 2])
    places = [order.at(epoch * length + index) for index in range(length)]
    assert sorted(places) == list(range(length))
    assert places == order.epoch(epoch).tolist()


def test_epochs_differ() -> None:
    order = EpochOrder(100, [1])
    assert order.epoch(0).tolist() != order.epoch(1).tolist()


@settings(deadline=None)
@given(
    weights=st.lists(st.floats(0.1, 10), min_size=1, max_size=5),
    slots=st.integers(1, 4),
    last=st.integers(0, 1500),
)
def test_positions_of_a_pool_follow_each_other(weights: list[float], slots: int, last: int) -> None:
    picks, reached = WeightedPicks(weights, slots, [3]), Counter[int]()
    for step in range(last):
        for pool, position in picks.at(step):
            assert position == reached[pool]
            reached[pool] += 1
    # A late step looked up at once stands where the walk has come to.
    assert WeightedPicks(weights, slots, [3]).at(last) == picks.at(last)


def test_a_pool_is_picked_in_proportion_to_its_weight() -> None:
    picks = WeightedPicks([3, 1], 4, [0])
    counts = Counter(pool for step in range(2000) for pool, _ in picks.at(step))
    assert 0.73 < counts[0] / 8000 < 0.77
