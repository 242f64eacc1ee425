"""Rates within a window that slides, counted in Redis."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from core.store.rates import RatePolicy, RateStore
from tests.redis_server import RedisServer

POLICY = RatePolicy("requests", 3)
KEY = "df:rate:acme:requests"


@pytest.fixture
def rates(redis: Redis) -> RateStore:
    return RateStore(redis)


def pass_by(redis: Redis, seconds: float) -> None:
    """Let so much time go by for what was counted."""
    times: Any = redis.lrange(KEY, 0, -1)
    for index, time in enumerate(times):
        redis.lset(KEY, index, str(int(time) - round(seconds * 1000)))


def test_as_many_are_let_through_as_the_policy_says(rates: RateStore) -> None:
    standings = [rates.take("acme", POLICY) for _ in range(5)]
    assert [one.allowed for one in standings] == [True] * 3 + [False] * 2
    assert [one.left for one in standings] == [2, 1, 0, 0, 0]
    assert all(59 <= one.reset_s <= 60 for one in standings)
    assert rates.take("other", POLICY).allowed
    assert rates.take("acme", RatePolicy("submissions", 3)).allowed


def test_the_window_slides(redis: Redis, rates: RateStore) -> None:
    rates.take("acme", POLICY)
    pass_by(redis, 40)
    rates.take("acme", POLICY)
    rates.take("acme", POLICY)
    refused = rates.take("acme", POLICY)
    assert (refused.allowed, 18 <= refused.reset_s <= 20) == (False, True)
    pass_by(redis, 20)
    assert [rates.take("acme", POLICY).allowed for _ in range(2)] == [True, False]


def test_several_are_counted_all_or_none(redis: Redis, rates: RateStore) -> None:
    assert rates.take("acme", POLICY, 2).left == 1
    pass_by(redis, 30)
    refused = rates.take("acme", POLICY, 3)
    assert (refused.allowed, refused.left, 28 <= refused.reset_s <= 30) == (False, 1, True)
    assert rates.take("acme", POLICY).allowed
    assert not rates.take("acme", POLICY, 9).allowed


def test_a_limit_that_was_lowered_counts_at_once(rates: RateStore) -> None:
    for _ in range(3):
        rates.take("acme", POLICY)
    assert not rates.take("acme", RatePolicy("requests", 2)).allowed


def test_a_clock_that_was_set_back_locks_nobody_out(redis: Redis, rates: RateStore) -> None:
    for _ in range(3):
        rates.take("acme", POLICY)
    pass_by(redis, -3600)
    assert rates.take("acme", POLICY).allowed


def test_a_redis_that_is_full_still_counts(redis: Redis, rates: RateStore) -> None:
    redis.config_set("maxmemory", 1)
    try:
        assert [rates.take("acme", POLICY).allowed for _ in range(4)] == [True] * 3 + [False]
    finally:
        redis.config_set("maxmemory", 0)


def test_what_was_counted_goes_with_the_window(redis: Redis, rates: RateStore) -> None:
    rates.take("acme", POLICY)
    assert 59_000 < int(redis.pttl(KEY)) <= 60_000


@settings(max_examples=20)
@given(st.lists(st.one_of(st.just(0.0), st.floats(0, 40)), max_size=40))
def test_no_window_ever_holds_more_than_the_limit(
    redis_server: RedisServer, pauses_s: list[float]
) -> None:
    with redis_server.client() as redis:
        redis.flushall()
        rates, now_s = RateStore(redis), 0.0
        let_through: list[float] = []
        for pause_s in pauses_s:
            pass_by(redis, pause_s)
            now_s += pause_s
            standing = rates.take("acme", POLICY)
            recent = [time for time in let_through if now_s - time < 60]
            if not any(59.5 < now_s - time < 60.5 for time in let_through):  # else it is a race
                assert standing.allowed == (len(recent) < 3)
            if standing.allowed:
                let_through.append(now_s)
