from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from api.doorbell import CeleryDoorbell
from core.errors import StoreUnavailable
from core.options import Queue
from core.store.connection import connect
from core.store.doorbell import TASK_NAME
from core.store.jobs import JobStore
from tests.core.store.uploads import enqueue


@pytest.fixture
def doorbell(redis: Redis, redis_url: str) -> Iterator[CeleryDoorbell]:
    doorbell = CeleryDoorbell(redis_url, JobStore(redis))
    yield doorbell
    doorbell.close()


def test_a_bell_carries_no_job(redis: Redis, doorbell: CeleryDoorbell) -> None:
    doorbell.check()
    job = enqueue(redis, Queue.BATCH)
    doorbell.ring(Queue.BATCH)
    (raw,) = redis.lrange("batch", 0, -1)
    assert json.loads(raw)["headers"]["task"] == TASK_NAME
    assert job.id.encode() not in raw
    assert len(raw) < 1000


def test_no_more_bells_sound_than_jobs_wait(redis: Redis, doorbell: CeleryDoorbell) -> None:
    doorbell.ring(Queue.INTERACTIVE)
    assert redis.llen("interactive") == 0
    for _ in range(2):
        enqueue(redis)
    for _ in range(5):
        doorbell.ring(Queue.INTERACTIVE)
    assert redis.llen("interactive") == 2


def test_ringing_leaves_no_channel_and_no_result_behind(
    redis: Redis, doorbell: CeleryDoorbell
) -> None:
    for _ in range(20):
        enqueue(redis)
        doorbell.ring(Queue.INTERACTIVE)
    assert redis.llen("interactive") == 20
    assert redis.pubsub_channels("*") == []
    assert list(redis.scan_iter("celery-task-meta-*")) == []


def test_a_broker_that_is_not_there_is_unavailable(redis: Redis) -> None:
    away = "redis://127.0.0.1:1/0"
    doorbell = CeleryDoorbell(away, JobStore(redis))
    enqueue(redis)
    with ThreadPoolExecutor() as threads:  # each call tries again after two seconds
        ring = threads.submit(doorbell.ring, Queue.INTERACTIVE)
        check = threads.submit(doorbell.check)
        with pytest.raises(StoreUnavailable, match="does not take messages"):
            ring.result()
        with pytest.raises(StoreUnavailable, match="does not take messages"):
            check.result()
    doorbell.close()


def test_a_store_that_is_not_there_is_unavailable() -> None:
    away = "redis://127.0.0.1:1/0"
    doorbell = CeleryDoorbell(away, JobStore(connect(away)))
    with pytest.raises(StoreUnavailable):
        doorbell.ring(Queue.INTERACTIVE)
    doorbell.close()
