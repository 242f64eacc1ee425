from __future__ import annotations

import threading

import pytest

from training.data.lookahead import Lookahead


def test_results_come_in_their_order_whatever_takes_longest() -> None:
    first_may_end = threading.Event()

    def make(number: int) -> int:
        if number == 0:
            assert first_may_end.wait(10)
        if number == 2:
            first_may_end.set()
        return number * number

    assert list(Lookahead(make, 5, threads=3)) == [0, 1, 4, 9, 16]


def test_the_next_ones_are_made_while_one_is_used() -> None:
    made = [threading.Event() for _ in range(9)]

    def make(number: int) -> int:
        made[number].set()
        return number

    results = Lookahead(make, 9, threads=2)
    assert results[0] == 0
    assert all(each.wait(10) for each in made[:3])  # that one, and one more for each thread
    assert not any(each.is_set() for each in made[3:])


def test_a_reader_that_begins_anew_gets_the_same() -> None:
    calls: list[int] = []

    def make(number: int) -> int:
        calls.append(number)
        return number

    results = Lookahead(make, 8, threads=1)
    assert [results[0], results[1], *results] == [0, 1, *range(8)]
    assert calls.count(0) == 1  # a first look costs nothing
    assert list(results) == list(range(8))
    assert calls.count(0) == 2


def test_an_error_reaches_the_reader_at_its_place() -> None:
    def make(number: int) -> int:
        if number == 1:
            raise OSError("the file is gone")
        return number

    results = Lookahead(make, 3, threads=2)
    assert results[0] == 0
    with pytest.raises(OSError, match="the file is gone"):
        results[1]
    assert results[2] == 2


@pytest.mark.parametrize("number", [-1, 3])
def test_there_is_nothing_outside_the_length(number: int) -> None:
    with pytest.raises(IndexError, match="There are 3 results"):
        Lookahead(lambda each: each, 3)[number]


def test_its_threads_end_with_it() -> None:
    before = set(threading.enumerate())
    results = Lookahead(lambda each: each, 3, threads=2)
    assert list(results) == [0, 1, 2]
    workers = set(threading.enumerate()) - before
    assert workers
    del results
    for each in workers:
        each.join(10)
        assert not each.is_alive()
