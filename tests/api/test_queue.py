from __future__ import annotations

import json

import pytest
from redis import Redis

from api.queue import CeleryQueue
from core.errors import StoreUnavailable
from core.store.broker import TASK_NAME, published_job_ids
from core.store.jobs import Job, JobStore
from tests.core.store.uploads import upload


def test_a_message_carries_the_job_id_and_nothing_else(redis: Redis, redis_url: str) -> None:
    queue = CeleryQueue(redis_url)
    queue.check()
    queue.publish("job_1", "batch")
    (raw,) = redis.lrange("batch", 0, -1)
    headers = json.loads(raw)["headers"]
    assert (headers["task"], headers["id"], headers["argsrepr"]) == (
        TASK_NAME,
        "job_1",
        "('job_1',)",
    )
    assert len(raw) < 1500
    queue.close()


def test_a_published_job_is_not_taken_for_lost(redis: Redis, redis_url: str) -> None:
    store, queue = JobStore(redis), CeleryQueue(redis_url)
    lost, published = (store.create(Job.new(media=upload(redis))) for _ in range(2))
    queue.publish(published.id, published.queue)
    assert set(published_job_ids(redis, "interactive")) == {published.id.encode()}
    assert store.lost_messages(older_than_s=-1) == [(lost.id, "interactive")]
    queue.close()


def test_publishing_leaves_no_channel_and_no_result_behind(redis: Redis, redis_url: str) -> None:
    queue = CeleryQueue(redis_url)
    for number in range(20):
        queue.publish(f"job_{number}", "interactive")
    assert redis.pubsub_channels("*") == []
    assert list(redis.scan_iter("celery-task-meta-*")) == []
    queue.close()


def test_a_broker_that_is_not_there_is_unavailable() -> None:
    queue = CeleryQueue("redis://127.0.0.1:1/0")
    with pytest.raises(StoreUnavailable, match="does not take messages"):
        queue.publish("job_1", "interactive")
    with pytest.raises(StoreUnavailable):
        queue.check()
    queue.close()
