"""Recovery of what other processes dropped, with a real Redis."""

from __future__ import annotations

import pytest
from redis import Redis

from core.errors import BlobMissing
from core.store.blobs import RedisBlobStore
from core.store.jobs import Job, JobStatus, JobStore, MediaRef
from tests.core.store.lost_worker import begin, expire_lease
from worker.reaper import Reaper


class Recovery:
    """A reaper whose messages land in a list."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.store = JobStore(redis, max_attempts=2)
        self.blobs = RedisBlobStore(redis)
        self.sent: list[tuple[str, str]] = []
        self.reaper = Reaper(self.store, lambda job, queue: self.sent.append((job, queue)))
        self.blobs.open("blob_1")
        self.blobs.append("blob_1", b"abc")

    def job(self) -> str:
        media = MediaRef("blob_1", "ab" * 32, 3, "image", "png")
        return self.store.create(Job.new(media=media, queue="batch")).id

    def lose(self, job_id: str) -> None:
        begin(self.store, job_id)
        expire_lease(self.redis, job_id)


@pytest.fixture
def recovery(redis: Redis) -> Recovery:
    return Recovery(redis)


def test_the_job_of_a_lost_worker_gets_a_new_message(recovery: Recovery) -> None:
    job_id = recovery.job()
    recovery.lose(job_id)
    recovery.reaper.reap()
    assert recovery.sent == [(job_id, "batch")]
    assert b"".join(recovery.blobs.read("blob_1")) == b"abc"


def test_the_last_attempt_fails_the_job_and_forgets_its_bytes(recovery: Recovery) -> None:
    job_id = recovery.job()
    for _ in range(2):
        recovery.lose(job_id)
        recovery.reaper.reap()
    job = recovery.store.get(job_id)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert job.error["code"] == "worker_lost"
    assert job.media_deleted_at is not None
    with pytest.raises(BlobMissing):
        list(recovery.blobs.read("blob_1"))
    assert len(recovery.sent) == 1


def test_a_job_without_a_message_gets_one(recovery: Recovery) -> None:
    job_id = recovery.job()
    recovery.redis.zadd("df:queued:batch", {job_id: 1})  # has waited for long
    recovery.reaper.republish()
    assert recovery.sent == [(job_id, "batch")]


def test_nothing_is_done_where_nothing_is_lost(recovery: Recovery) -> None:
    recovery.reaper.reap()
    recovery.reaper.republish()
    assert recovery.sent == []
