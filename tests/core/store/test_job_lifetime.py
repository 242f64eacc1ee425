"""A job and its upload live together and end together."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from core.errors import BlobMissing, JobExpired, JobNotFound
from core.options import Queue
from core.store.accounts import Account
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus, MediaRef
from tests.core.store.lost_worker import begin, expire_lease, take
from tests.core.store.passing import pass_time
from tests.core.store.uploads import upload

MEDIA = MediaRef(blob_id="blob_1", sha256="ab" * 32, size=3, kind="image", container="png")
UPLOAD_TTL_S, JOB_TTL_S = 60.0, 200.0
SOON_MS = 60_000


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis, ttl_s=JOB_TTL_S)


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis, ttl_s=JOB_TTL_S)


@pytest.fixture
def blobs(redis: Redis) -> RedisBlobStore:
    blobs = RedisBlobStore(redis, upload_ttl_s=UPLOAD_TTL_S, max_total_bytes=4)
    blobs.open(MEDIA.blob_id, tenant="local")
    blobs.append(MEDIA.blob_id, b"abc")
    return blobs


def queued(store: JobStore) -> Job:
    return store.create(Job.new(media=MEDIA))


def content(blobs: RedisBlobStore) -> bytes:
    return b"".join(blobs.read(MEDIA.blob_id))


def test_an_upload_that_waits_longer_than_uploads_may_take_is_still_there(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore, redis: Redis
) -> None:
    job = queued(store)
    pass_time(redis, 2 * UPLOAD_TTL_S)
    blobs.open("blob_2", tenant="local")  # an upload sweeps away what has expired
    assert content(blobs) == b"abc"
    assert blobs.usage().used == 3
    assert take(attempts).id == job.id


def test_an_upload_without_a_job_is_swept_away(blobs: RedisBlobStore, redis: Redis) -> None:
    pass_time(redis, 2 * UPLOAD_TTL_S)
    blobs.open("blob_2", tenant="local")
    assert blobs.usage().used == 0


@pytest.mark.parametrize("how", ["take", "renew", "stage", "release", "reap"])
def test_whatever_lets_the_record_live_on_does_so_for_its_upload(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore, redis: Redis, how: str
) -> None:
    job = queued(store)
    if how != "take":
        begin(attempts)
    for key in (f"df:job:{job.id}", f"df:blob:{MEDIA.blob_id}"):
        redis.pexpire(key, SOON_MS)
    redis.zadd("df:upload-expiries", {MEDIA.blob_id: time.time() * 1000 + SOON_MS})
    if how == "reap":
        expire_lease(redis, job.id)
    {
        "take": lambda: attempts.take("w1"),
        "renew": lambda: attempts.renew(job.id, 1),
        "stage": lambda: attempts.set_stage(job.id, 1, "infer"),
        "release": lambda: attempts.release(job.id, 1),
        "reap": attempts.reap,
    }[how]()
    pass_time(redis, 1.2 * SOON_MS / 1000)
    blobs.open("blob_2", tenant="local")
    assert content(blobs) == b"abc"
    assert store.get(job.id).id == job.id


@pytest.mark.parametrize("how", ["finish", "cancel", "cancel of a lost worker", "delete", "fail"])
def test_the_upload_ends_with_its_job(
    redis: Redis, store: JobStore, attempts: Attempts, blobs: RedisBlobStore, how: str
) -> None:
    job = queued(store)
    if how == "cancel":
        store.request_cancel(job.id, "local")
    elif how == "delete":
        store.delete(job.id, "local")
    elif how == "finish":
        attempts.finish(job.id, begin(attempts).attempt, status=JobStatus.SUCCEEDED, result={})
    else:
        begin(attempts)
        if how == "cancel of a lost worker":
            store.request_cancel(job.id, "local")
        expire_lease(redis, job.id)
        Attempts(redis, ttl_s=JOB_TTL_S, max_attempts=1).reap()
    with pytest.raises(BlobMissing):
        content(blobs)
    assert blobs.usage().used == 0
    if how != "delete":
        assert store.get(job.id).media_deleted_at is not None


def test_an_upload_that_has_a_job_cannot_be_discarded(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore
) -> None:
    queued(store)
    blobs.discard(MEDIA.blob_id)
    assert content(blobs) == b"abc"


def test_no_job_is_created_for_an_upload_that_is_gone(
    redis: Redis, store: JobStore, attempts: Attempts, blobs: RedisBlobStore
) -> None:
    blobs.discard(MEDIA.blob_id)
    with pytest.raises(BlobMissing, match="blob_1"):
        store.create(Job.new(media=MEDIA), idempotency_key="k")
    assert list(redis.scan_iter("df:job:*")) + list(redis.scan_iter("df:idempotency:*")) == []
    assert store.counts().queued["interactive"] == 0


def test_a_stale_attempt_cannot_end_the_upload(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore
) -> None:
    job = queued(store)
    begin(attempts)
    assert attempts.release(job.id, 1)
    assert not attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
    assert content(blobs) == b"abc"


def test_a_job_that_nobody_takes_leaves_its_queue_when_it_expires(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore, redis: Redis
) -> None:
    job = queued(store)
    pass_time(redis, JOB_TTL_S)
    with pytest.raises(JobNotFound):
        store.get(job.id)
    assert store.queue_position(job) is None
    assert store.counts().queued == {"interactive": 0, "batch": 0}
    assert store.bells_wanted(Queue.INTERACTIVE) == 0
    assert attempts.take("w1") is None
    assert blobs.account("local") == Account()
    assert list(redis.scan_iter("df:upload*")) == []


def test_many_jobs_that_expire_at_once_leave_the_account_of_their_tenant(
    store: JobStore, attempts: Attempts, redis: Redis
) -> None:
    for _ in range(250):
        store.create(Job.new(media=upload(redis)))
    pass_time(redis, JOB_TTL_S)
    assert attempts.take("w1") is None
    assert RedisBlobStore(redis).account("local") == Account()
    assert list(redis.scan_iter("df:account:*")) == []


def test_an_expired_job_ahead_is_not_counted_in_a_position(
    store: JobStore, blobs: RedisBlobStore, redis: Redis
) -> None:
    queued(store)
    later = JobStore(redis).create(Job.new(media=upload(redis)))
    assert store.queue_position(later) == 2
    pass_time(redis, JOB_TTL_S)
    assert store.queue_position(later) == 1


def test_a_running_job_that_expires_leaves_no_lease(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore, redis: Redis
) -> None:
    queued(store)
    begin(attempts)
    pass_time(redis, JOB_TTL_S)
    assert store.counts().processing == 0


def test_a_job_that_lived_on_keeps_its_place_in_the_queue(
    store: JobStore, attempts: Attempts, blobs: RedisBlobStore, redis: Redis
) -> None:
    job = queued(store)
    pass_time(redis, JOB_TTL_S / 2)
    begin(attempts)
    attempts.release(job.id, 1)
    pass_time(redis, JOB_TTL_S * 0.7)
    store.create(Job.new(media=upload(redis)))
    assert store.queue_position(job) == 1
    assert content(blobs) == b"abc"


def test_a_job_that_expired_is_told_from_one_that_never_was_to_its_tenant_alone(
    redis: Redis,
) -> None:
    store, attempts = JobStore(redis, ttl_s=0.05), Attempts(redis, ttl_s=0.05)
    waiting = store.create(Job.new(media=upload(redis, "acme"), tenant="acme"))
    time.sleep(0.06)
    ended = store.create(Job.new(media=upload(redis, "acme"), tenant="acme"))
    attempt = take(attempts)
    assert attempts.finish(ended.id, attempt.attempt, status=JobStatus.FAILED)
    time.sleep(0.06)
    for job in (waiting, ended):
        for call in (
            lambda job=job: store.get(job.id, tenant="acme"),
            lambda job=job: store.request_cancel(job.id, "acme"),
            lambda job=job: store.delete(job.id, "acme"),
        ):
            with pytest.raises(JobExpired, match="send the file again"):
                call()
        assert type(store.missing(job.id, "evil")) is JobNotFound
    assert type(store.missing("job_nothing", "acme")) is JobNotFound


def test_a_job_is_remembered_as_expired_for_so_long_after_its_end(redis: Redis) -> None:
    store = JobStore(redis, ttl_s=100, tombstone_s=1000)
    attempts = Attempts(redis, ttl_s=200)
    job = store.create(Job.new(media=upload(redis)))
    name = f"df:tombstone:{job.id}"
    assert 1090 < redis.ttl(name) <= 1100
    attempts.finish(job.id, take(attempts).attempt, status=JobStatus.FAILED)
    assert 1190 < redis.ttl(name) <= 1200


def test_a_deleted_job_leaves_nothing_to_be_remembered(redis: Redis) -> None:
    store = JobStore(redis)
    job = store.create(Job.new(media=upload(redis)))
    store.delete(job.id, "local")
    assert redis.exists(f"df:tombstone:{job.id}") == 0
    assert type(store.missing(job.id, "local")) is JobNotFound
    silent = JobStore(redis, tombstone_s=0)
    other = silent.create(Job.new(media=upload(redis)))
    assert redis.exists(f"df:tombstone:{other.id}") == 0
