"""Records of older versions are read, and those of later ones are left to their own version."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from core.errors import RecordTooNew
from core.options import Queue
from core.scopes import Scope
from core.store.api_keys import ApiKeyStore
from core.store.attempts import Attempts
from core.store.batches import BatchStatus, BatchStore
from core.store.endpoints import EndpointStore
from core.store.evidence import EvidenceStore, frame_name
from core.store.feedback import FeedbackStore
from core.store.formats import FORMAT
from core.store.jobs import JobStore
from core.store.listing import JobFilter, JobLists
from core.store.outbox import Bounds, Outbox
from core.store.records import JobStatus
from core.store.resumable import ResumableStore
from tests.core.store.lost_worker import expire_lease
from tests.core.store.uploads import enqueue
from tests.core.store.webhooks import ended, endpoint

WRITTEN = sorted((Path(__file__).parent / "written").glob("*.json"))
TENANT = "acme"
TOO_NEW = str(FORMAT + 1)


@pytest.fixture(params=WRITTEN, ids=lambda file: file.stem)
def names(request: pytest.FixtureRequest, redis: Redis) -> dict[str, str]:
    """A Redis as the version left it; the ids of what is in it."""
    told = json.loads(request.param.read_text("utf-8"))
    client: Any = redis
    writers: dict[str, Callable[[str, Any], Any]] = {
        "string": client.set,
        "hash": lambda key, holds: client.hset(key, mapping=holds),
        "list": lambda key, holds: client.rpush(key, *holds),
        "set": lambda key, holds: client.sadd(key, *holds),
        "zset": lambda key, holds: client.zadd(key, dict(holds)),
    }
    for key, stored in told["keys"].items():
        writers[stored["type"]](key, _bytes(stored["holds"]))
    return dict(told["names"])


def _bytes(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("latin-1")
    if isinstance(value, dict):
        return {_bytes(key): _bytes(held) for key, held in value.items()}
    return [_bytes(held) for held in value] if isinstance(value, list) else value


def test_jobs_of_older_versions_are_read_and_listed(redis: Redis, names: dict[str, str]) -> None:
    jobs = JobStore(redis)
    for status in JobStatus:
        job = jobs.get(names[status.value], tenant=TENANT)
        assert (job.status, job.tags, job.options.frames) == (status, ("a tag",), 20)
    succeeded, failed = (jobs.get(names[name]) for name in ("succeeded", "failed"))
    assert (succeeded.result or {})["verdict"] == (succeeded.summary or {})["verdict"] == "fake"
    assert (failed.error or {})["code"] == "unreadable_media"
    assert jobs.find_idempotent(TENANT, "key of failed") == failed
    listed = JobLists(redis).page(TENANT, JobFilter()).jobs
    assert {job.id for job in listed} == {n for n in names.values() if n.startswith("job_")}


def test_jobs_of_older_versions_go_on_to_their_end(redis: Redis, names: dict[str, str]) -> None:
    attempts, jobs = Attempts(redis), JobStore(redis)
    taken = attempts.take("worker-of-new", tuple(Queue))
    assert taken is not None
    assert taken.id == names["queued"]
    assert attempts.finish(taken.id, taken.attempt, status=JobStatus.SUCCEEDED, result={})
    expire_lease(redis, names["processing"])
    assert [(one.job_id, one.action) for one in attempts.reap()] == [
        (names["processing"], "requeued")
    ]
    again = attempts.take("worker-of-new", tuple(Queue))
    assert again is not None
    assert (again.id, again.attempt) == (names["processing"], 2)
    jobs.delete(names["succeeded"], TENANT)


def test_what_belongs_to_jobs_of_older_versions_is_read(
    redis: Redis, names: dict[str, str]
) -> None:
    job = JobStore(redis).get(names["with evidence"])
    assert job.evidence is not None
    assert EvidenceStore(redis).picture(job, frame_name(0)) == b"a picture"
    ((said,),) = FeedbackStore(redis).entries(TENANT)
    assert said["comment"] == "It is my own."
    batches = BatchStore(redis)
    batch = batches.get(names["batch"], TENANT)
    assert (batch.status, batch.counts["succeeded"], batch.counts["failed"]) == (
        BatchStatus.PARTIALLY_FAILED, 1, 1,
    )  # fmt: skip
    assert batches.items(batch.id, [0, 1])[0].job_id == names["first of the batch"]


def test_an_upload_that_an_older_version_began_goes_on(redis: Redis, names: dict[str, str]) -> None:
    store = ResumableStore(redis)
    upload = store.claim(names["half an upload"], TENANT, offset=3)
    assert store.append(upload, b"def").complete


def test_webhooks_and_keys_of_older_versions_count(redis: Redis, names: dict[str, str]) -> None:
    parcels = Outbox(redis, Bounds(of_a_receiver=16)).take(16)
    told = {parcel.message.type for parcel in parcels}
    assert told == {"job.succeeded", "job.failed", "job.canceled", "batch.finished"}
    assert {parcel.endpoint and parcel.endpoint.id for parcel in parcels} == {names["webhook"]}
    assert ApiKeyStore(redis).get(names["key"], TENANT).scopes >= {Scope.SUBMIT, Scope.READ}


def test_records_tell_their_format(redis: Redis) -> None:
    endpoint(redis)
    job = ended(redis)
    BatchStore(redis).open("batch_1", "local")
    message = f"df:webhook-message:msg_{job.id.removeprefix('job_')}_succeeded"
    for key in (f"df:job:{job.id}", "df:batch:batch_1", message):
        assert redis.hget(key, "format") == str(FORMAT).encode()


def test_a_job_of_a_later_format_is_told_from_one_that_is_gone(redis: Redis) -> None:
    job = enqueue(redis)
    redis.hset(f"df:job:{job.id}", "format", TOO_NEW)
    with pytest.raises(RecordTooNew, match=f"job {job.id} is of format {TOO_NEW}"):
        JobStore(redis).get(job.id)
    with pytest.raises(RecordTooNew):
        JobLists(redis).page("local", JobFilter())


@pytest.mark.parametrize("limit", [None, 4], ids=["no limit", "a limit of running jobs"])
def test_workers_pass_over_jobs_of_a_later_format(redis: Redis, limit: int | None) -> None:
    later, ours = enqueue(redis), enqueue(redis)
    redis.hset(f"df:job:{later.id}", "format", TOO_NEW)
    attempts = Attempts(redis, tenant_running=limit)
    taken = attempts.take("worker-1")
    assert taken is not None
    assert taken.id == ours.id
    assert attempts.take("worker-1") is None
    assert redis.hget(f"df:job:{later.id}", "status") == b"queued"


def test_senders_leave_messages_of_a_later_format_to_others(redis: Redis) -> None:
    hook = endpoint(redis)
    job = ended(redis)
    message = f"df:webhook-message:msg_{job.id.removeprefix('job_')}_succeeded"
    redis.hset(message, "format", TOO_NEW)
    assert Outbox(redis).take(4) == []
    redis.hset(message, "format", FORMAT)
    (delivery,) = Outbox(redis).deliveries(hook.id)
    assert (delivery.state, delivery.attempts) == ("waiting", 0)
    redis.hset(f"df:webhook:{hook.id}", "format", TOO_NEW)
    with pytest.raises(RecordTooNew, match=f"webhook {hook.id}"):
        EndpointStore(redis).get(hook.id, "local")


def test_a_batch_of_a_later_format_is_told(redis: Redis) -> None:
    batches = BatchStore(redis)
    batches.open("batch_1", "local")
    redis.hset("df:batch:batch_1", "format", TOO_NEW)
    with pytest.raises(RecordTooNew, match="batch batch_1"):
        batches.get("batch_1", "local")
