"""Looks at jobs, without threads."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest
from redis import Redis

from core.errors import StoreUnavailable
from core.store.attempts import Attempts
from core.store.connection import connect_async
from core.store.jobs import JobStore
from core.store.looks import JobLooks
from core.store.rates import RatePolicy
from core.store.records import Job
from tests.core.store.lost_worker import take
from tests.core.store.uploads import enqueue

T = TypeVar("T")


def forget(redis: Redis, job_id: str) -> None:
    JobStore(redis).delete(job_id, "local")


def looking(
    redis_url: str, scenario: Callable[[JobLooks], Awaitable[T]], *, limit_s: float = 60
) -> T:
    async def around() -> T:
        looks = JobLooks(connect_async(redis_url), limit_s=limit_s, at_once=2)
        try:
            return await scenario(looks)
        finally:
            await looks.close()

    return asyncio.run(around())


def test_jobs_are_looked_at_together_with_their_positions(redis: Redis, redis_url: str) -> None:
    first, second, third = (enqueue(redis).id for _ in range(3))
    take(Attempts(redis))
    asked = [first, third, "job_x", second]
    seen = looking(redis_url, lambda looks: looks.look(asked))
    assert [None if one is None else (one[0].id, one[1]) for one in seen] == [
        (first, None), (third, 2), None, (second, 1),
    ]  # fmt: skip
    assert looking(redis_url, lambda looks: looks.glance(asked)) == ["2.0", "1.2", "", "1.1"]


def test_a_look_that_the_rate_forbids_shows_nothing(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis)
    policy = RatePolicy("requests", 1)

    async def scenario(looks: JobLooks) -> list[tuple[bool, bool]]:
        answers = [await looks.look_at_rate(job.id, "local", policy) for _ in range(2)]
        return [(standing.allowed, seen is not None) for standing, seen in answers]

    assert looking(redis_url, scenario) == [(True, True), (False, False)]


def test_a_record_is_read_again_when_it_has_changed(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, attempts = enqueue(redis), Attempts(redis)
    read: list[int] = []
    whole = Job.from_flat

    def noted(job_id: str, flat: Sequence[bytes]) -> Job:
        job = whole(job_id, flat)
        read.append(job.revision)
        return job

    monkeypatch.setattr(Job, "from_flat", noted)

    async def scenario(looks: JobLooks) -> list[tuple[str, int | None] | None]:
        told = []
        for change in (None, None, lambda: take(attempts), None, lambda: forget(redis, job.id)):
            if change is not None:
                change()
            (seen,) = await looks.look([job.id])
            told.append(None if seen is None else (seen[0].status.value, seen[1]))
        return told

    told = looking(redis_url, scenario)
    assert told == [("queued", 1), ("queued", 1), ("processing", None), ("processing", None), None]
    assert read == [1, 2, 2]  # the worker that takes it reads it too


def test_a_record_that_counts_no_longer_is_not_kept(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.store.looks.KNOWN_S", 0.0)
    ids = [enqueue(redis).id for _ in range(3)]

    async def scenario(looks: JobLooks) -> set[str]:
        for job_id in ids:
            await looks.look([job_id])
        gc.collect()
        return {one.id for one in gc.get_objects() if type(one) is Job} & set(ids)

    assert looking(redis_url, scenario) == {ids[-1]}


def test_a_known_record_has_the_position_of_now(redis: Redis, redis_url: str) -> None:
    enqueue(redis)
    second = enqueue(redis)

    async def scenario(looks: JobLooks) -> list[int | None]:
        before = await looks.look([second.id])
        take(Attempts(redis))
        return [seen[1] for seen in (*before, *await looks.look([second.id])) if seen]

    assert looking(redis_url, scenario) == [2, 1]


def test_what_has_expired_stands_before_nobody_and_is_counted_once(
    redis: Redis, redis_url: str
) -> None:
    first, second = enqueue(redis), enqueue(redis)
    redis.zadd("df:upload-expiries", {first.media.blob_id: 1})
    policy = RatePolicy("requests", 5)

    async def scenario(looks: JobLooks) -> tuple[int, int | None, Job | None]:
        standing, seen = await looks.look_at_rate(second.id, "local", policy)
        (gone,) = await looks.look([first.id])
        return standing.left, seen and seen[1], gone and gone[0]

    assert looking(redis_url, scenario) == (4, 1, None)


def test_a_glance_finds_what_has_expired(redis: Redis, redis_url: str) -> None:
    first, second = enqueue(redis), enqueue(redis)
    redis.zadd("df:upload-expiries", {first.media.blob_id: 1})
    assert looking(redis_url, lambda looks: looks.glance([first.id, second.id])) == ["", "1.1"]


def test_a_redis_that_forgot_the_scripts_is_told_them_again(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis)

    async def scenario(looks: JobLooks) -> list[bool]:
        before = await looks.look([job.id])
        redis.script_flush()
        return [seen is not None for seen in (*before, *await looks.look([job.id]))]

    assert looking(redis_url, scenario) == [True, True]


def test_more_looks_than_places_wait_for_their_turn(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis)

    async def scenario(looks: JobLooks) -> int:
        seen = await asyncio.gather(*(looks.look([job.id]) for _ in range(20)))
        return sum(found is not None for (found,) in seen)

    assert looking(redis_url, scenario) == 20
    assert len(redis.client_list()) <= 3  # two for the looks, and the one that asks


def test_a_redis_that_does_not_answer_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with pytest.raises(StoreUnavailable, match=r"within 0\.05 s"):
            looking(url, lambda looks: looks.look(["job_x"]), limit_s=0.05)
