"""Pictures of jobs: their accounts, their limits and their end."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from core.errors import EvidenceNotFound, StoreFull
from core.store.attempts import Attempts
from core.store.evidence import EvidenceLimits, EvidenceStore, frame_name
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus, KeptEvidence
from tests.core.store.lost_worker import begin
from tests.core.store.uploads import enqueue

PICTURE = b"p" * 100
SIZE = len(PICTURE) + len(frame_name(0))  # what is booked for it


def running(redis: Redis, tenant: str = "local") -> Job:
    enqueue(redis, tenant=tenant)
    return begin(Attempts(redis))


def test_pictures_are_booked_and_found_under_their_names(redis: Redis) -> None:
    store, job = EvidenceStore(redis), running(redis)
    expires_at = store.keep(job, {frame_name(0): PICTURE})
    assert expires_at is not None
    assert store.usage("local") == (SIZE, SIZE)
    kept = KeptEvidence(expires_at, frames=1, heatmaps=0)
    Attempts(redis).finish(job.id, 1, status=JobStatus.SUCCEEDED, result={}, evidence=kept)
    done = JobStore(redis).get(job.id)
    assert done.evidence == kept
    assert store.picture(done, frame_name(0)) == store.pictures(done).frame(0) == PICTURE
    assert store.pictures(done).frame(1) is None
    with pytest.raises(EvidenceNotFound, match="frame:1"):
        store.picture(done, frame_name(1))


def test_an_attempt_that_is_stale_keeps_nothing(redis: Redis) -> None:
    store, job = EvidenceStore(redis), running(redis)
    Attempts(redis).release(job.id, job.attempt)
    assert store.keep(job, {frame_name(0): PICTURE}) is None
    assert redis.keys("df:evidence*") == []


def test_what_does_not_fit_is_refused_and_leaves_nothing(redis: Redis) -> None:
    store = EvidenceStore(redis, EvidenceLimits(max_bytes=2 * SIZE - 1))
    first, second = running(redis), running(redis)
    store.keep(first, {frame_name(0): PICTURE})
    with pytest.raises(StoreFull):
        store.keep(second, {frame_name(0): PICTURE})
    assert store.usage("local") == (SIZE, SIZE)
    assert redis.exists(f"df:evidence:{second.id}") == 0


def test_one_tenant_cannot_take_the_room_of_all(redis: Redis) -> None:
    store = EvidenceStore(redis, EvidenceLimits(max_bytes=3 * SIZE, tenant_share=0.5))
    store.keep(running(redis, "acme"), {frame_name(0): PICTURE})
    with pytest.raises(StoreFull):
        store.keep(running(redis, "acme"), {frame_name(0): PICTURE})
    assert store.keep(running(redis, "other"), {frame_name(0): PICTURE}) is not None
    assert store.usage("acme") == (2 * SIZE, SIZE)


def test_pictures_that_are_kept_again_are_booked_once(redis: Redis) -> None:
    store, job = EvidenceStore(redis), running(redis)
    for _ in range(2):
        store.keep(job, {frame_name(0): PICTURE})
    assert store.usage("local") == (SIZE, SIZE)


def test_pictures_that_expire_leave_the_accounts(redis: Redis) -> None:
    store, job = EvidenceStore(redis, EvidenceLimits(ttl_s=0.05)), running(redis)
    store.keep(job, {frame_name(0): PICTURE})
    deadline = time.monotonic() + 30
    while store.usage("local") != (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert redis.exists(f"df:evidence:{job.id}") == 0


def test_a_job_that_expires_before_its_end_takes_its_pictures_along(redis: Redis) -> None:
    job, store = running(redis), EvidenceStore(redis)
    store.keep(job, {frame_name(0): PICTURE})
    redis.zadd("df:upload-expiries", {job.media.blob_id: 1})
    JobStore(redis).counts()  # sweeps
    assert redis.exists(f"df:job:{job.id}", f"df:evidence:{job.id}") == 0
    assert store.usage("local") == (0, 0)
