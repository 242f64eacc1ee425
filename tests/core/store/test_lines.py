"""A tenant at its limit of running jobs is passed over without a look at its jobs."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobStatus
from tests.core.store.lost_worker import take
from tests.core.store.uploads import enqueue
from tests.redis_server import RedisServer

QUEUE = "df:queued:interactive"
TENANTS = "abc"


def line(redis: Redis, tenant: str) -> list[str]:
    ids: Any = redis.zrange(f"df:line:interactive:{tenant}", 0, -1)
    return [job_id.decode() for job_id in ids]


def commands(redis: Redis) -> int:
    stats: Any = redis.info("commandstats")
    return sum(each["calls"] for name, each in stats.items() if name != "cmdstat_info")


def test_to_pass_over_a_tenant_costs_the_same_for_any_number_of_its_jobs(redis: Redis) -> None:
    attempts, costs = Attempts(redis, tenant_running=1), []
    enqueue(redis, tenant="a")
    take(attempts)
    for more in (3, 150):
        for _ in range(more):
            enqueue(redis, tenant="a")
        mine = enqueue(redis, tenant="b")
        for key in (QUEUE, "df:line:interactive:b"):
            redis.zadd(key, {mine.id: 2.0**52})  # behind all of them
        redis.zadd("df:heads:interactive", {"b": 2.0**52})
        before = commands(redis)
        assert take(attempts).id == mine.id
        costs.append(commands(redis) - before)
        attempts.finish(mine.id, 1, status=JobStatus.CANCELED)
    assert costs[0] == costs[1]


def test_lines_are_gone_with_the_last_job(redis: Redis) -> None:
    for tenant in TENANTS:
        enqueue(redis, tenant=tenant)
    assert len(redis.keys("df:line:*")) == len(TENANTS)
    for _ in TENANTS:
        take(Attempts(redis))
    for name in ("line", "heads", "lined"):
        assert redis.keys(f"df:{name}:*") == []


class Crowd:
    """Takes with a limit of one job a tenant, beside a version that knows nothing of lines."""

    def __init__(self, redis: Redis) -> None:
        self._redis, self._store = redis, JobStore(redis)
        self._attempts = Attempts(redis, tenant_running=1)
        self._older = Attempts(redis)
        self._running: list[tuple[str, int]] = []
        self._older_at_work = False

    def act(self, name: str) -> None:
        if name in TENANTS:
            enqueue(self._redis, tenant=name)
        else:
            getattr(self, name)()

    def take(self) -> None:
        may = [(tag, id_) for tag, id_, tenant in self._waiting() if not self._at_work(tenant)]
        job = self._attempts.take("w")
        if not self._older_at_work:
            first = [id_ for tag, id_ in may if tag == min(may)[0]]
            assert (job.id in first) if job else first == []
            self._check()
        if job:
            self._running.append((job.id, job.attempt))

    def finish(self) -> None:
        if self._running:
            self._attempts.finish(*self._running.pop(0), status=JobStatus.CANCELED)

    def release(self) -> None:
        if self._running:
            self._attempts.release(*self._running.pop(0))

    def cancel(self) -> None:
        for _, job_id, tenant in self._waiting()[-1:]:
            self._store.request_cancel(job_id, tenant)

    def expire(self) -> None:
        for _, job_id, _ in self._waiting()[:1]:
            self._redis.zadd("df:upload-expiries", {self._store.get(job_id).media.blob_id: 1})

    def older_send(self) -> None:
        kept = self._lines()
        enqueue(self._redis, tenant="a")
        self._restore(kept)

    def older_take(self) -> None:
        kept = self._lines()
        if job := self._older.take("w"):
            self._running.append((job.id, job.attempt))
        self._restore(kept)

    def finish_all(self) -> None:
        """Nobody is forgotten, whatever version was at work."""
        while self._running or self._waiting():
            self.finish()
            self.take()
        self._attempts.take("w")
        self._check()

    def _lines(self) -> dict[bytes, bytes]:
        keys: Any = [key for name in ("line*", "heads:*") for key in self._redis.keys(f"df:{name}")]
        return {key: cast("bytes", self._redis.dump(key)) for key in keys}

    def _restore(self, kept: dict[bytes, bytes]) -> None:
        self._redis.delete(*self._lines(), "-")
        for key, dumped in kept.items():
            self._redis.restore(key, 0, dumped)
        self._older_at_work = True

    def _check(self) -> None:
        waiting: dict[str, list[str]] = {tenant: [] for tenant in TENANTS}
        for _, job_id, tenant in self._waiting():
            waiting[tenant].append(job_id)
        assert {tenant: line(self._redis, tenant) for tenant in TENANTS} == waiting
        heads: Any = self._redis.zrange("df:heads:interactive", 0, -1)
        assert {head.decode() for head in heads} == {t for t, jobs in waiting.items() if jobs}

    def _waiting(self) -> list[tuple[float, str, str]]:
        places: Any = self._redis.zrange(QUEUE, 0, -1, withscores=True)
        seen = [(tag, self._store.get(job_id.decode())) for job_id, tag in places]
        return [
            (tag, job.id, job.tenant)
            for tag, job in seen
            if self._redis.zscore("df:upload-expiries", job.media.blob_id) != 1
        ]

    def _at_work(self, tenant: str) -> bool:
        running: Any = self._redis.smembers(f"df:running:{tenant}")
        return any(self._redis.zscore("df:leases", job_id) is not None for job_id in running)


ACTS = (
    *"aabbc",
    "take",
    "take",
    "finish",
    "release",
    "cancel",
    "expire",
    "older_send",
    "older_take",
)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_the_first_job_that_may_run_is_taken_and_nobody_is_forgotten(
    redis_server: RedisServer, acts: list[str]
) -> None:
    with redis_server.client() as redis:
        redis.flushall()
        crowd = Crowd(redis)
        for act in [*acts, "take", "finish_all"]:
            crowd.act(act)
