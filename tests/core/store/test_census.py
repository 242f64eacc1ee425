from __future__ import annotations

import pytest
from redis import Redis

from core.options import Queue
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.census import CensusTaker, Waiting
from core.store.jobs import JobStore
from core.store.records import Job, MediaRef
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry


def submit(redis: Redis, name: str, queue: Queue) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open(name, tenant="local")
    blobs.append(name, b"12345")
    media = MediaRef(name, "ab" * 32, 5, "video", "mp4")
    JobStore(redis).create(Job.new(media=media, queue=queue))


def test_an_empty_store_has_nothing(redis: Redis) -> None:
    census = CensusTaker(redis).take()
    assert (census.running, census.bytes_in_flight, census.workers, census.slots) == (0, 0, 0, 0)
    assert set(census.queues.values()) == {Waiting(0, 0.0)}


def test_it_counts_jobs_bytes_and_the_slots_of_live_workers(redis: Redis) -> None:
    for number in range(3):
        submit(redis, f"blob_{number}", Queue.INTERACTIVE)
    submit(redis, "blob_batch", Queue.BATCH)
    Attempts(redis).take("w1")
    model = ModelIdentity("m", "1", "ab" * 32, "openvino-int8")
    for number in (1, 2):
        WorkerRegistry(redis).beat(Heartbeat(f"w{number}", "host", 1, model, 4, "now"))
    census = CensusTaker(redis).take()
    assert (census.running, census.bytes_in_flight) == (1, 20)
    assert (census.workers, census.slots) == (2, 8)
    assert [census.queues[queue].jobs for queue in Queue] == [2, 1]


def test_it_tells_how_long_the_oldest_job_has_waited(redis: Redis) -> None:
    submit(redis, "blob_1", Queue.BATCH)
    (job_key,) = redis.keys("df:job:*")
    created = int(redis.hget(job_key, "created_at") or 0)
    redis.hset(job_key, "created_at", created - 5000)
    assert CensusTaker(redis).take().queues[Queue.BATCH].oldest_s == pytest.approx(5, abs=2)
