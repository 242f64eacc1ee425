from __future__ import annotations

import re
import time

import pytest
from redis import Redis

from core.errors import JobFinished, JobNotFound
from core.store.jobs import Job, JobOptions, JobStatus, JobStore, Reaped
from tests.core.store.lost_worker import begin, expire_lease
from tests.core.store.uploads import MEDIA, upload


@pytest.fixture
def store(redis: Redis) -> JobStore:
    upload(redis)
    return JobStore(redis)


def queued(store: JobStore, tenant: str = "local") -> Job:
    return store.create(Job.new(media=upload(store._redis), tenant=tenant))


def claimed(store: JobStore) -> Job:
    job = store.claim(queued(store).id, "w1")
    assert job is not None
    return job


def lose_worker(store: JobStore, job_id: str) -> list[Reaped]:
    begin(store, job_id)
    expire_lease(store._redis, job_id)
    return store.reap()


def test_a_created_job_reads_back_as_it_was_written(store: JobStore) -> None:
    options = JobOptions(frames=7, sampling="exact")
    new = Job.new(media=MEDIA, tenant="acme", queue="batch", options=options, tags=("a", "ü"))
    job = store.create(new)
    assert (job.id, job.tenant, job.queue, job.media) == (new.id, "acme", "batch", MEDIA)
    assert (job.options, job.tags, job.status) == (options, ("a", "ü"), JobStatus.QUEUED)
    assert abs((job.created_at - new.created_at).total_seconds()) < 5
    assert re.fullmatch(r"job_[0-9A-HJKMNP-TV-Z]{26}", job.id)


def test_ids_sort_by_creation() -> None:
    first = Job.new(media=MEDIA).id
    time.sleep(0.002)
    assert first < Job.new(media=MEDIA).id


def test_another_tenants_job_is_not_found(store: JobStore) -> None:
    job = queued(store, "acme")
    for call in (
        lambda: store.get(job.id, tenant="evil"),
        lambda: store.request_cancel(job.id, "evil"),
        lambda: store.delete(job.id, "evil"),
        lambda: store.get("job_nothing"),
    ):
        with pytest.raises(JobNotFound):
            call()
    assert store.get(job.id, tenant="acme").status is JobStatus.QUEUED


def test_an_idempotency_key_gives_the_same_job_to_its_tenant_only(store: JobStore) -> None:
    first = store.create(Job.new(media=MEDIA, tenant="a"), idempotency_key="k")
    again = store.create(Job.new(media=MEDIA, tenant="a"), idempotency_key="k")
    other = store.create(Job.new(media=MEDIA, tenant="b"), idempotency_key="k")
    assert again.id == first.id
    assert other.id != first.id
    assert store.counts().queued["interactive"] == 2


def test_an_idempotency_key_of_a_deleted_job_is_free_again(store: JobStore) -> None:
    first = store.create(Job.new(media=MEDIA), idempotency_key="k")
    store.delete(first.id, "local")
    assert store.create(Job.new(media=upload(store._redis)), idempotency_key="k").id != first.id


def test_positions_count_from_one_and_move_up(store: JobStore) -> None:
    first = queued(store)
    time.sleep(0.002)
    second = queued(store)
    assert [store.queue_position(job) for job in (first, second)] == [1, 2]
    store.claim(first.id, "w1")
    assert [store.queue_position(job) for job in (first, second)] == [None, 1]
    assert (store.counts().queued, store.counts().processing) == ({"interactive": 1, "batch": 0}, 1)


def test_a_duplicate_message_claims_nothing(store: JobStore) -> None:
    job = claimed(store)
    assert (job.status, job.attempt) == (JobStatus.PROCESSING, 1)
    assert job.started_at is not None
    assert store.claim(job.id, "w2") is None


def test_a_job_that_finished_carries_its_result_and_an_end(store: JobStore) -> None:
    job = claimed(store)
    assert store.set_stage(job.id, job.attempt, "decode")
    assert store.get(job.id).stage == "decode"
    assert store.finish(job.id, job.attempt, status=JobStatus.SUCCEEDED, result={"verdict": "real"})
    done = store.get(job.id)
    assert (done.status, done.result, done.stage) == ("succeeded", {"verdict": "real"}, None)
    assert done.finished_at is not None
    assert done.expires_at is not None
    assert (done.expires_at - done.finished_at).total_seconds() == pytest.approx(24 * 3600)


def test_a_stale_attempt_can_write_nothing(store: JobStore) -> None:
    job = queued(store)
    assert [reaped.action for reaped in lose_worker(store, job.id)] == ["requeued"]
    second = store.claim(job.id, "w2")
    assert second is not None
    assert second.attempt == 2
    assert not store.renew(job.id, 1).held
    assert not store.set_stage(job.id, 1, "late")
    assert not store.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={"late": True})
    assert not store.release(job.id, 1)
    assert store.get(job.id) == second


def test_a_job_cannot_finish_without_a_terminal_state(store: JobStore) -> None:
    job = claimed(store)
    with pytest.raises(ValueError, match="no terminal state"):
        store.finish(job.id, 1, status=JobStatus.QUEUED)


def test_a_renewed_lease_is_not_reaped(store: JobStore) -> None:
    job = claimed(store)
    expire_lease(store._redis, job.id)
    assert store.renew(job.id, 1).held
    assert store.reap() == []


def test_a_released_attempt_does_not_count_but_still_fences(store: JobStore) -> None:
    job = claimed(store)
    assert store.release(job.id, 1)
    assert not store.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
    assert store.queue_position(store.get(job.id)) == 1
    assert [reaped.action for reaped in lose_worker(store, job.id)] == ["requeued"]
    assert [reaped.action for reaped in lose_worker(store, job.id)] == ["requeued"]
    assert store.get(job.id).attempt == 3


def test_a_waiting_job_is_canceled_at_once_and_never_claimed(store: JobStore) -> None:
    job = queued(store)
    assert store.request_cancel(job.id, "local").status is JobStatus.CANCELED
    assert store.claim(job.id, "w1") is None
    assert store.queue_position(job) is None
    with pytest.raises(JobFinished):
        store.request_cancel(job.id, "local")


def test_a_running_job_learns_of_its_cancel_by_its_heartbeat(store: JobStore) -> None:
    job = claimed(store)
    assert not store.renew(job.id, 1).cancel_requested
    assert store.request_cancel(job.id, "local").cancel_requested
    assert store.renew(job.id, 1).cancel_requested


@pytest.mark.parametrize("how", ["release", "reap"])
def test_a_job_that_was_to_be_canceled_is_not_run_again(store: JobStore, how: str) -> None:
    job = claimed(store)
    store.request_cancel(job.id, "local")
    if how == "release":
        assert not store.release(job.id, 1)
    else:
        expire_lease(store._redis, job.id)
        assert [reaped.action for reaped in store.reap()] == ["canceled"]
    assert store.get(job.id).status is JobStatus.CANCELED


def test_a_deleted_job_is_gone_and_its_worker_learns_of_it(store: JobStore) -> None:
    job = claimed(store)
    store.delete(job.id, "local")
    assert not store.renew(job.id, 1).held
    assert not store.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
    assert store.counts().processing == 0
    with pytest.raises(JobNotFound):
        store.get(job.id)


def test_every_change_raises_the_revision_and_is_published(store: JobStore, redis: Redis) -> None:
    with redis.pubsub() as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(store.events_channel)
        listener.get_message(timeout=1)
        job = claimed(store)
        store.set_stage(job.id, 1, "infer")
        store.finish(job.id, 1, status=JobStatus.FAILED, error={"code": "x"})
        heard = []
        while message := listener.get_message(timeout=0.2):
            heard.append(message["data"])
    assert heard == [job.id.encode()] * 4
    assert store.get(job.id).revision == 4


def test_only_a_waiting_job_without_a_message_counts_as_lost(store: JobStore, redis: Redis) -> None:
    lost, published = queued(store), queued(store)
    redis.lpush("interactive", f'{{"headers": {{"argsrepr": "(\'{published.id}\',)"}}}}')
    time.sleep(0.01)
    assert store.lost_messages(older_than_s=-1) == [(lost.id, "interactive")]
    assert store.lost_messages(older_than_s=60) == []


def test_a_job_can_still_run_and_end_when_redis_memory_is_full(
    store: JobStore, redis: Redis
) -> None:
    job = claimed(store)
    redis.config_set("maxmemory", 1)
    try:
        assert store.renew(job.id, 1).held
        assert store.set_stage(job.id, 1, "infer")
        assert store.reap() == []
        assert store.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={"verdict": "real"})
    finally:
        redis.config_set("maxmemory", 0)
    assert store.get(job.id).status is JobStatus.SUCCEEDED
