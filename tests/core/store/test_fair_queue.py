"""Tenants take turns: nobody's first job waits for the backlog of another."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from core.errors import QueueFull
from core.options import Queue
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus
from tests.core.store.lost_worker import expire_lease, take
from tests.core.store.uploads import enqueue, upload
from tests.redis_server import RedisServer

QUEUE = "df:queued:interactive"


@pytest.fixture
def store(redis: Redis) -> JobStore:
    return JobStore(redis)


@pytest.fixture
def attempts(redis: Redis) -> Attempts:
    return Attempts(redis)


def send(redis: Redis, tenant: str, count: int) -> list[Job]:
    return [enqueue(redis, tenant=tenant) for _ in range(count)]


@pytest.mark.parametrize("taken", [0, 1, 7])
def test_the_first_job_of_a_tenant_waits_for_one_job_of_a_backlog_at_most(
    redis: Redis, store: JobStore, attempts: Attempts, taken: int
) -> None:
    send(redis, "acme", 50)
    for _ in range(taken):
        take(attempts)
    mine = enqueue(redis, tenant="evil")
    assert (store.queue_position(mine) or 0) <= 2
    first_two = {take(attempts).id, take(attempts).id}
    assert mine.id in first_two


def test_tenants_with_backlogs_take_turns(redis: Redis, attempts: Attempts) -> None:
    for tenant, count in (("a", 12), ("b", 6), ("c", 3)):
        send(redis, tenant, count)
    order = [take(attempts).tenant for _ in range(21)]
    assert Counter(order[:9]) == {"a": 3, "b": 3, "c": 3}
    assert Counter(order[9:15]) == {"a": 3, "b": 3}
    assert order[15:] == ["a"] * 6


def test_the_jobs_of_one_tenant_run_in_the_order_of_their_arrival(
    redis: Redis, attempts: Attempts
) -> None:
    jobs = [enqueue(redis, tenant=tenant) for tenant in "aabab"]
    assert [take(attempts).id for _ in "ab"] == [jobs[0].id, jobs[2].id]
    jobs += [enqueue(redis, tenant=tenant) for tenant in "ab"]
    order = defaultdict(list)
    for _ in range(5):
        job = take(attempts)
        order[job.tenant].append(job.id)
    assert order["a"] == [jobs[1].id, jobs[3].id, jobs[5].id]
    assert order["b"] == [jobs[4].id, jobs[6].id]


def test_a_tenant_that_was_idle_does_not_catch_up(redis: Redis, attempts: Attempts) -> None:
    enqueue(redis, tenant="idle")
    send(redis, "busy", 20)
    for _ in range(11):
        take(attempts)
    send(redis, "idle", 5)
    order = [take(attempts).tenant for _ in range(6)]
    assert Counter(order) == {"idle": 3, "busy": 3}


def test_a_requeued_job_keeps_its_turn(redis: Redis, store: JobStore, attempts: Attempts) -> None:
    send(redis, "a", 3)
    lost = take(attempts)
    send(redis, "b", 3)
    take(attempts)
    expire_lease(redis, lost.id)
    attempts.reap()
    assert store.queue_position(lost) == 1
    assert take(attempts).id == lost.id


def test_jobs_that_were_canceled_cost_their_tenant_no_turns(redis: Redis, store: JobStore) -> None:
    for job in send(redis, "a", 30):
        store.request_cancel(job.id, "a")
    send(redis, "b", 30)
    assert store.queue_position(enqueue(redis, tenant="a")) == 2


def test_turns_are_of_one_queue_each(redis: Redis, store: JobStore) -> None:
    for _ in range(20):
        enqueue(redis, Queue.BATCH, "a")
    send(redis, "b", 20)
    assert (store.queue_position(enqueue(redis, tenant="a")) or 0) <= 2


def test_what_is_kept_of_tenants_does_not_grow(redis: Redis, attempts: Attempts) -> None:
    for number in range(30):
        enqueue(redis, tenant=f"tenant{number}")
        take(attempts)
    assert int(redis.zcard("df:tags:interactive")) <= 2
    assert list(redis.scan_iter("df:running:tenant0*"))
    assert attempts.finish(_running(redis, 0), 1, status=JobStatus.CANCELED)
    assert not list(redis.scan_iter("df:running:tenant0"))


def _running(redis: Redis, number: int) -> str:
    job_ids: Any = redis.smembers(f"df:running:tenant{number}")
    return str(job_ids.pop().decode())


def as_older_version(redis: Redis) -> None:
    """Leave what a version with places in the order of arrival left behind."""
    places: Any = redis.zrange(QUEUE, 0, -1, withscores=True)
    last = int(redis.get("df:places") or 0)
    for number, (job_id, _) in enumerate(places, start=1):
        redis.zadd(QUEUE, {job_id: last + number})
        redis.hset(f"df:job:{job_id.decode()}", "place", last + number)
    redis.set("df:places", last + len(places))
    redis.delete("df:tags:interactive", "df:virtual-time:interactive")


def test_jobs_of_an_older_version_run_in_their_order_and_hold_nobody_up(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    old = send(redis, "a", 9)
    as_older_version(redis)
    mine = enqueue(redis, tenant="b")
    new = enqueue(redis, tenant="a")
    assert (store.queue_position(mine) or 0) <= 2
    assert store.queue_position(new) == 11
    order = [take(attempts).id for _ in range(11)]
    assert [job_id for job_id in order if job_id != mine.id] == [job.id for job in [*old, new]]


def test_after_a_downgrade_new_jobs_stand_behind_those_that_wait(
    redis: Redis, store: JobStore, attempts: Attempts
) -> None:
    for tenant in ("a", "b"):
        send(redis, tenant, 5)
    take(attempts)
    place = int(redis.incr("df:places"))  # what the older version does
    scores: Any = redis.zrange(QUEUE, 0, -1, withscores=True)
    assert all(place > score for _, score in scores)
    stored = enqueue(redis, tenant="c")
    redis.zadd(QUEUE, {stored.id: place})
    assert store.queue_position(stored) == 10
    assert [take(attempts).tenant for _ in range(10)][-1] == "c"


class Turns:
    """How many jobs of each tenant were taken, pair by pair, while both had jobs waiting."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._store, self._attempts = redis, JobStore(redis), Attempts(redis)
        self._waiting: dict[str, list[str]] = {tenant: [] for tenant in "abc"}
        self._taken: Counter[tuple[str, str]] = Counter()

    def send(self, tenant: str) -> None:
        self._waiting[tenant].append(enqueue(self._redis, tenant=tenant).id)

    def cancel(self) -> None:
        tenant = max(self._waiting, key=lambda name: len(self._waiting[name]))
        if self._waiting[tenant]:
            self._store.request_cancel(self._waiting[tenant].pop(), tenant)

    def take(self) -> None:
        if job := self._attempts.take("w"):
            assert self._waiting[job.tenant].pop(0) == job.id
            self._taken.update((job.tenant, other) for other in "abc")
        else:
            assert not any(self._waiting.values())

    def check(self) -> None:
        for one, other in combinations("abc", 2):
            if not self._waiting[one] or not self._waiting[other]:
                self._taken[one, other] = self._taken[other, one] = 0
            assert abs(self._taken[one, other] - self._taken[other, one]) <= 2


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["a", "b", "c", "take", "take", "cancel"]), max_size=60))
def test_tenants_with_work_never_differ_by_more_than_two_turns(
    redis_server: RedisServer, acts: list[str]
) -> None:
    with redis_server.client() as redis:
        redis.flushall()
        turns = Turns(redis)
        for act in acts:
            if act in ("take", "cancel"):
                getattr(turns, act)()
            else:
                turns.send(act)
            turns.check()


def test_a_tenant_at_its_limit_of_running_jobs_is_passed_over(redis: Redis) -> None:
    attempts = Attempts(redis, tenant_running=2)
    send(redis, "a", 4)
    mine = enqueue(redis, tenant="b")
    running = [take(attempts, f"w{number}") for number in range(3)]
    assert Counter(job.tenant for job in running) == {"a": 2, "b": 1}
    assert attempts.take("w") is None
    assert attempts.finish(mine.id, 1, status=JobStatus.CANCELED)
    assert attempts.take("w") is None
    ended = next(job for job in running if job.tenant == "a")
    assert attempts.finish(ended.id, 1, status=JobStatus.CANCELED)
    assert take(attempts).tenant == "a"


def test_all_jobs_of_a_tenant_at_its_limit_are_passed_over(redis: Redis) -> None:
    attempts = Attempts(redis, tenant_running=1)
    send(redis, "a", 110)
    take(attempts)
    mine = enqueue(redis, tenant="b")
    for key in (QUEUE, "df:line:interactive:b"):
        redis.zadd(key, {mine.id: 2.0**52})  # behind all of them
    redis.zadd("df:heads:interactive", {"b": 2.0**52})
    assert take(attempts).id == mine.id
    enqueue(redis, Queue.BATCH, "c")
    assert take(attempts).tenant == "c"
    assert attempts.take("w") is None


@pytest.mark.parametrize("end", ["finish", "release", "reap", "delete", "expire", "older version"])
def test_a_job_that_runs_no_longer_makes_room_for_the_next(
    redis: Redis, store: JobStore, end: str
) -> None:
    attempts = Attempts(redis, tenant_running=1)
    send(redis, "a", 2)
    job = take(attempts)
    assert attempts.take("w") is None
    if end == "finish":
        attempts.finish(job.id, 1, status=JobStatus.SUCCEEDED, result={})
    elif end == "release":
        attempts.release(job.id, 1)
    elif end == "reap":
        expire_lease(redis, job.id)
        attempts.reap()
    elif end == "delete":
        store.delete(job.id, "a")
    elif end == "expire":
        redis.zadd("df:upload-expiries", {job.media.blob_id: 1})
    else:
        redis.zrem("df:leases", job.id)
    assert take(attempts).tenant == "a"


def test_the_whole_queue_is_bounded_when_the_job_is_made(redis: Redis) -> None:
    store = JobStore(redis, max_queued=2)
    enqueue(redis, Queue.BATCH, "a")
    enqueue(redis, tenant="b")
    with pytest.raises(QueueFull, match="2 jobs wait, and the limit is 2"):
        store.create(Job.new(media=upload(redis, "c"), tenant="c"))
