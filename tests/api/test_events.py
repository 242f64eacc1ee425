from __future__ import annotations

import asyncio

import pytest
from redis import Redis

from api.events import JobEvents


def test_those_who_wait_for_a_job_hear_of_it_and_no_others(redis: Redis, redis_url: str) -> None:
    async def scenario() -> tuple[bool, bool]:
        events = JobEvents(redis_url, "df:job-events")
        async with events.listening():
            with events.watch("job_1") as one, events.watch("job_2") as other:
                while redis.publish("df:job-events", "job_1") == 0:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await one.wait()
                return one.is_set(), other.is_set()

    assert asyncio.run(scenario()) == (True, False)


# redis-py swallows a cancel in some moments of its handshake.
@pytest.mark.parametrize("after_ms", [0, 0.3, 0.6, 1, 1.5, 2, 3, 5])
def test_listening_can_be_stopped_at_any_moment(redis_url: str, after_ms: float) -> None:
    async def scenario() -> None:
        async with JobEvents(redis_url, "df:job-events").listening():
            await asyncio.sleep(after_ms / 1000)

    asyncio.run(scenario())
