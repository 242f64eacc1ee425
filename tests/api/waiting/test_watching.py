"""Many who wait for jobs, and how little is asked of Redis for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

import pytest
from redis import Redis

from api.offload import Offload
from api.service.load import Loads
from api.waiting import watching
from api.waiting.snapshot import Snapshot
from api.waiting.watching import Watch, Watches
from core.errors import JobNotFound
from core.store.attempts import Attempts
from core.store.connection import connect_async
from core.store.jobs import JobStore
from core.store.load import LoadStore
from core.store.looks import JobLooks, Seen
from tests.core.store.uploads import enqueue

T = TypeVar("T")


class CountedLooks(JobLooks):
    """Notes which looks are taken, and at how many jobs."""

    def __init__(self, redis_url: str) -> None:
        super().__init__(connect_async(redis_url), limit_s=60, at_once=2)
        self.calls: list[tuple[str, int]] = []

    async def look(self, job_ids: Sequence[str]) -> list[Seen | None]:
        self.calls.append(("look", len(job_ids)))
        return await super().look(job_ids)

    async def glance(self, job_ids: Sequence[str]) -> list[str]:
        self.calls.append(("glance", len(job_ids)))
        return await super().glance(job_ids)


def run(
    redis: Redis, redis_url: str, scenario: Callable[[Watches, CountedLooks], Awaitable[T]]
) -> T:
    async def around() -> T:
        looks = CountedLooks(redis_url)
        loads = Loads(LoadStore(redis), Offload(threads=1, limit_s=60))
        watches = Watches(redis_url, JobStore(redis).events_key, looks, loads)
        async with watches.running():
            answer = await scenario(watches, looks)
        await looks.close()
        return answer

    return asyncio.run(around())


async def snapshot(watch: Watch) -> Snapshot:
    news = await watch.news(60)
    assert isinstance(news, Snapshot)
    return news


def test_one_look_serves_all_who_watch_a_job(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis)

    async def scenario(watches: Watches, looks: CountedLooks) -> tuple[set[str], int]:
        with ExitStack() as stack:
            all_of_them = [stack.enter_context(watches.watch(job.id)) for _ in range(50)]
            assert len(watches) == 50
            watches.seen(job.id, Snapshot(job, 1))
            Attempts(redis).take("w1")
            told = [await snapshot(watch) for watch in all_of_them]
            count = looks.calls.count(("look", 1))
        assert len(watches) == 0
        return {one.token for one in told}, count

    assert run(redis, redis_url, scenario) == ({"2.0"}, 1)


def test_places_that_move_are_found_at_a_glance(redis: Redis, redis_url: str) -> None:
    jobs = [enqueue(redis) for _ in range(3)]

    async def scenario(watches: Watches, _: CountedLooks) -> list[int | None]:
        with ExitStack() as stack:
            waiting = [stack.enter_context(watches.watch(job.id)) for job in jobs[1:]]
            for place, job in enumerate(jobs[1:], start=2):
                watches.seen(job.id, Snapshot(job, place))
            Attempts(redis).take("w1")
            return [(await snapshot(watch)).queue_position for watch in waiting]

    assert run(redis, redis_url, scenario) == [1, 2]


def test_a_record_that_is_gone_is_told_without_an_event(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RECHECK_S", 0.05)
    job = enqueue(redis)

    async def scenario(watches: Watches, _: CountedLooks) -> object:
        with watches.watch(job.id) as watch:
            watches.seen(job.id, Snapshot(job, 1))
            redis.delete(f"df:job:{job.id}")
            return await watch.news(60)

    assert isinstance(run(redis, redis_url, scenario), JobNotFound)


def test_jobs_that_nobody_watches_cost_no_look(redis: Redis, redis_url: str) -> None:
    async def scenario(watches: Watches, looks: CountedLooks) -> list[tuple[str, int]]:
        watched, _ = enqueue(redis), enqueue(redis)
        with watches.watch(watched.id) as watch:
            watches.seen(watched.id, Snapshot(watched, 1))
            Attempts(redis).take("w1")
            await snapshot(watch)
            return [call for call in looks.calls if call[0] == "look"]

    assert run(redis, redis_url, scenario) == [("look", 1)]


def test_an_end_wakes_those_who_wait_and_those_who_come_later(redis: Redis, redis_url: str) -> None:
    async def scenario(watches: Watches, _: CountedLooks) -> tuple[object, object]:
        with watches.watch("job_1") as early:
            watches.end()
            watches.end()
            with watches.watch("job_2") as late:
                return await early.news(), await late.news()

    assert run(redis, redis_url, scenario) == (None, None)


def test_a_client_that_is_slow_hears_of_the_newest_state_only(redis: Redis, redis_url: str) -> None:
    job = enqueue(redis)

    async def scenario() -> Snapshot:
        watch = Watch(job.id)
        watch.tell(Snapshot(job, 2))
        watch.tell(Snapshot(job, 1))
        return await snapshot(watch)

    assert asyncio.run(scenario()).queue_position == 1
