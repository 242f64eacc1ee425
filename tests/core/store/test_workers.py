from __future__ import annotations

import json
from dataclasses import replace

import pytest
from redis import Redis

from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry

MODEL = ModelIdentity(name="lite0", version="1", sha256="ab", runtime="openvino-int8")


def heartbeat(number: int) -> Heartbeat:
    return Heartbeat(f"w{number}", "host", number, MODEL, 4, "2026-01-01T00:00:00Z")


@pytest.fixture
def workers(redis: Redis) -> WorkerRegistry:
    return WorkerRegistry(redis)


def test_live_workers_are_those_that_beat(workers: WorkerRegistry) -> None:
    assert (workers.live(), workers.count()) == ([], 0)
    for number in (2, 1, 2):
        workers.beat(heartbeat(number))
    assert (workers.live(), workers.count()) == ([heartbeat(1), heartbeat(2)], 2)
    workers.leave("w1")
    assert (workers.live(), workers.count()) == ([heartbeat(2)], 1)


def test_a_worker_may_hold_a_second_model_for_videos(workers: WorkerRegistry) -> None:
    films = ModelIdentity(name="films", version="2", sha256="cd", runtime="openvino-fp32")
    workers.beat(heartbeat(1))
    workers.beat(replace(heartbeat(2), video_model=films))
    one, two = workers.live()
    assert one.models == (MODEL,)
    assert [one.judge_of(kind) for kind in ("image", "video")] == [MODEL, MODEL]
    assert two.models == (MODEL, films)
    assert [two.judge_of(kind) for kind in ("image", "video")] == [MODEL, films]


def test_a_heartbeat_of_an_older_version_has_one_model(
    redis: Redis, workers: WorkerRegistry
) -> None:
    workers.beat(heartbeat(1))
    stored = json.loads(redis.hget("df:heartbeats", "w1") or b"")
    del stored["video_model"]
    redis.hset("df:heartbeats", "w1", json.dumps(stored))
    assert workers.live() == [heartbeat(1)]


def test_a_worker_that_falls_silent_is_gone_and_forgotten(
    redis: Redis, workers: WorkerRegistry
) -> None:
    workers.beat(heartbeat(1))
    ends_ms = redis.zscore("df:workers", "w1")
    seconds, _ = redis.time()
    assert isinstance(ends_ms, float)
    assert 10 < ends_ms / 1000 - seconds <= 16
    redis.zadd("df:workers", {"w1": 1})
    assert (workers.live(), workers.count()) == ([], 0)
    workers.beat(heartbeat(2))
    assert redis.hkeys("df:heartbeats") == [b"w2"]


def test_the_keyspace_is_not_scanned(redis: Redis, workers: WorkerRegistry) -> None:
    workers.beat(heartbeat(1))
    redis.config_resetstat()
    workers.live()
    workers.count()
    stats = redis.info("commandstats")
    assert not {"cmdstat_scan", "cmdstat_keys"} & set(stats)


def test_a_worker_beats_on_when_redis_memory_is_full(redis: Redis, workers: WorkerRegistry) -> None:
    redis.config_set("maxmemory", 1)
    try:
        workers.beat(heartbeat(1))
    finally:
        redis.config_set("maxmemory", 0)
    assert workers.count() == 1


def test_a_heartbeat_of_a_newer_version_is_understood(
    redis: Redis, workers: WorkerRegistry
) -> None:
    workers.beat(heartbeat(1))
    stored = json.loads(redis.hget("df:heartbeats", "w1") or b"")
    stored["gpu"], stored["model"]["quantized"] = "H100", True
    redis.hset("df:heartbeats", "w1", json.dumps(stored))
    assert workers.live() == [heartbeat(1)]


def test_a_clock_that_was_set_back_does_not_keep_a_dead_worker(
    redis: Redis, workers: WorkerRegistry
) -> None:
    workers.beat(heartbeat(1))
    redis.zincrby("df:workers", 3600 * 1000, "w1")  # as if it had beaten an hour ahead
    workers.beat(heartbeat(2))
    ends_ms = redis.zscore("df:workers", "w1")
    seconds, _ = redis.time()
    assert isinstance(ends_ms, float)
    assert ends_ms / 1000 - seconds <= 16
