"""Records, options and media of older and newer versions, which run side by side in an upgrade."""

from __future__ import annotations

import json

import pytest
from redis import Redis

from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobOptions, JobStatus
from tests.core.store.lost_worker import take
from tests.core.store.uploads import enqueue


def rewrite(redis: Redis, job_id: str, field: str, **changes: object) -> None:
    """Change what is stored of a job as another version would have written it."""
    key = f"df:job:{job_id}"
    stored = json.loads(redis.hget(key, field) or b"{}")
    stored |= changes
    kept = {name: value for name, value in stored.items() if value is not None}
    redis.hset(key, field, json.dumps(kept))


@pytest.mark.parametrize("field", ["media", "options", "result", "error", "media_info"])
def test_fields_of_a_newer_version_are_left_out_or_passed_on(redis: Redis, field: str) -> None:
    store, attempts = JobStore(redis), Attempts(redis)
    job = enqueue(redis)
    redis.hset(f"df:job:{job.id}", "priority", "7")
    rewrite(redis, job.id, field, invented={"in": "the next version"})
    taken = take(attempts)
    assert (taken.media, taken.options) == (job.media, job.options)
    assert attempts.finish(job.id, 1, status=JobStatus.CANCELED)
    assert store.get(job.id).status is JobStatus.CANCELED


def test_options_that_an_older_version_did_not_store_have_their_defaults(redis: Redis) -> None:
    job = enqueue(redis)
    rewrite(redis, job.id, "options", sampling=None)
    assert take(Attempts(redis)).options == JobOptions()


def test_a_record_without_the_counters_of_this_version_can_be_taken_and_released(
    redis: Redis,
) -> None:
    store, attempts = JobStore(redis), Attempts(redis)
    job = enqueue(redis)
    redis.hdel(f"df:job:{job.id}", "uncounted", "alone", "place")
    assert not take(attempts).runs_alone
    assert attempts.give_up(job.id, 1, {"code": "x"})
    assert store.queue_position(job) == 1
