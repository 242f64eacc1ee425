"""Jobs that end, and endpoints that want to hear of it, for tests of webhooks."""

from __future__ import annotations

from typing import Any

from redis import Redis

from core.store.attempts import Attempts
from core.store.endpoints import EndpointStore
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus
from core.store.webhook_records import Endpoint, Event
from tests.core.store.lost_worker import take
from tests.core.store.uploads import upload

RESULT: dict[str, Any] = {
    "verdict": "fake",
    "reasons": [],
    "fake_probability": 0.95,
    "confidence": 0.95,
    "logit": 2.9,
    "calibrated": True,
    "thresholds": {"fake": 0.8, "real": 0.2},
    "expected_error": None,
    "frames_requested": 10,
    "frames_decoded": 10,
    "frames_scored": 10,
    "frames": [
        {"index": n, "timestamp_s": n / 2, "keyframe": True, "fake_probability": 0.9, "faces": []}
        for n in range(50)
    ],
    "model": {"name": "lite0", "version": "1", "sha256": "ab" * 32, "runtime": "openvino-int8"},
    "timings_ms": {"queued": 4, "infer": 52},
}


def endpoint(
    redis: Redis, url: str = "https://example.org/hook", tenant: str = "local", *events: Event
) -> Endpoint:
    """One that hears of everything, unless told otherwise."""
    return EndpointStore(redis).create(tenant, url, events or tuple(Event))


def ended(
    redis: Redis,
    status: JobStatus = JobStatus.SUCCEEDED,
    *,
    tenant: str = "local",
    callback_url: str | None = None,
    tags: tuple[str, ...] = (),
    traceparent: str | None = None,
) -> Job:
    """A job that a worker has just ended."""
    media = upload(redis, tenant)
    wanted = Job.new(
        media=media, tenant=tenant, callback_url=callback_url, tags=tags, traceparent=traceparent
    )
    job = JobStore(redis).create(wanted)
    attempts = Attempts(redis)
    taken = take(attempts)
    assert taken.id == job.id
    error = {"code": "unreadable_media", "message": "It is damaged.", "retryable": False}
    succeeded = status is JobStatus.SUCCEEDED
    assert attempts.finish(
        job.id,
        taken.attempt,
        status=status,
        result=RESULT if succeeded else None,
        error=error if status is JobStatus.FAILED else None,
    )
    return JobStore(redis).get(job.id)
