from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from redis import Redis

from api.waiting import events
from api.waiting.events import JobEvents
from tests.redis_server import RedisServer


def listener(redis_url: str, heard: asyncio.Queue[str]) -> JobEvents:
    return JobEvents(
        redis_url,
        "df:job-events",
        on_change=heard.put_nowait,
        on_gap=lambda: heard.put_nowait("(again)"),
    )


def test_every_change_is_heard_in_order_and_none_of_before(redis: Redis, redis_url: str) -> None:
    async def scenario() -> list[str]:
        heard: asyncio.Queue[str] = asyncio.Queue()
        redis.xadd("df:job-events", {"job": "before"})
        async with listener(redis_url, heard).listening():
            assert await heard.get() == "(again)"
            for number in range(5):
                redis.xadd("df:job-events", {"job": f"job_{number}"})
            return [await heard.get() for _ in range(5)]

    assert asyncio.run(scenario()) == [f"job_{number}" for number in range(5)]


def test_the_first_change_of_an_empty_redis_is_heard(redis: Redis, redis_url: str) -> None:
    async def scenario() -> str:
        heard: asyncio.Queue[str] = asyncio.Queue()
        async with listener(redis_url, heard).listening():
            await heard.get()
            redis.xadd("df:job-events", {"job": "job_1"})
            return await heard.get()

    assert asyncio.run(scenario()) == "job_1"


def test_a_redis_that_comes_back_is_heard_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "RECONNECT_S", 0.05)

    async def scenario(server: RedisServer) -> list[str]:
        heard: asyncio.Queue[str] = asyncio.Queue()
        async with listener(server.url, heard).listening():
            told = [await heard.get()]
            server.stop()
            server.start()
            told.append(await heard.get())
            server.client().xadd("df:job-events", {"job": "job_1"})
            return [*told, await heard.get()]

    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as server:
        assert asyncio.run(scenario(server)) == ["(again)", "(again)", "job_1"]


# redis-py swallows a cancel in some moments of its handshake.
@pytest.mark.parametrize("after_ms", [0, 0.3, 0.6, 1, 1.5, 2, 3, 5])
def test_listening_can_be_stopped_at_any_moment(redis_url: str, after_ms: float) -> None:
    async def scenario() -> None:
        async with listener(redis_url, asyncio.Queue()).listening():
            await asyncio.sleep(after_ms / 1000)

    asyncio.run(scenario())
