"""What is left in Redis is found, whatever it is."""

from __future__ import annotations

import pytest
from redis import Redis

from core.options import Queue
from core.store.keys import Key
from core.store.records import JobStatus
from tests.chaos.leftovers import LASTING, LIVE_ON, family_of, leftovers
from tests.worker.processes import submit


def test_a_waiting_job_leaves_its_bytes_its_account_and_its_place(redis: Redis) -> None:
    job = submit(redis, b"some bytes")
    found = "\n".join(leftovers(redis, {job.id}))
    for key in (Key.UPLOAD, Key.CHUNKS, Key.ACCOUNT, Key.EXPIRIES, Key.QUEUED):
        assert f"df:{key}" in found
    assert "df:bytes-in-flight is 10" in found


def test_a_job_that_ended_leaves_nothing_but_its_record(redis: Redis) -> None:
    from core.store.attempts import Attempts

    job = submit(redis, b"some bytes")
    attempts = Attempts(redis)
    taken = attempts.take("worker", [Queue.INTERACTIVE])
    assert taken is not None
    attempts.finish(taken.id, taken.attempt, status=JobStatus.FAILED, error={"code": "too_long"})
    assert leftovers(redis, {job.id}) == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("df:nobody-knows", "in no row of core/store/keys.py"),
        ("other", "belongs to nobody"),
        ("df:leases", "is left over"),
        ("df:tombstone:job_1", "never expires"),
        ("df:job:job_2", "no client knows it"),
    ],
)
def test_each_kind_of_leftover_is_told(redis: Redis, key: str, words: str) -> None:
    redis.set(key, 1)
    assert any(words in wrong for wrong in leftovers(redis, set()))


def test_a_lost_job_is_told(redis: Redis) -> None:
    assert leftovers(redis, {"job_1"}) == ["job_1 was accepted and is not there"]


def test_every_row_of_keys_is_told_from_the_others() -> None:
    assert not LIVE_ON & LASTING
    for key in Key:
        assert family_of(key.at("x") if key.endswith(":") else key.at()) is key
