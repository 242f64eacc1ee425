from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.capacity.model import Capacity
from benchmarks.capacity.times import RedisTimes

CAPACITY = Capacity(
    jobs_per_core_s=2.0, waiting_bytes=2_000, ended_bytes=5_000, times=RedisTimes.none()
)


def test_a_million_jobs_take_the_core_hours_that_the_rate_says() -> None:
    assert CAPACITY.core_hours_per_million == pytest.approx(1e6 / 2 / 3600)
    assert CAPACITY.price_per_million(0.5) == pytest.approx(1e6 / 2 / 3600 / 2)


def test_each_gateway_takes_a_part_of_what_redis_can_do() -> None:
    times = replace(RedisTimes.none(), finish_s=0.001, event_s=0.00001)
    capacity = replace(CAPACITY, times=times)
    assert capacity.redis_jobs_per_s(workers=1, gateways=20) == pytest.approx(500)
    assert capacity.redis_jobs_per_s(workers=1, gateways=100) == pytest.approx(1000 / 6)


def test_workers_without_jobs_can_fill_redis_alone() -> None:
    times = replace(RedisTimes.none(), finish_s=0.001, beat_s=0.01)
    assert replace(CAPACITY, times=times).redis_jobs_per_s(workers=500, gateways=1) == 0


def test_memory_is_that_of_waiting_uploads_and_kept_records() -> None:
    held = CAPACITY.memory_bytes(waiting=10, upload_bytes=1_000, jobs_per_s=2, kept_s=100)
    assert held == 10 * 3_000 + 200 * 5_000
