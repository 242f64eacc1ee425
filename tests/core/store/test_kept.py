"""Connections that go from call to call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from core.store.connection import connect_async
from core.store.kept import KeptConnections

T = TypeVar("T")


class ConnectionTwin:
    """Answers when it is let, or is lost."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.lost = False

    async def send_command(self, *_: object) -> None: ...

    async def read_response(self) -> str:
        await self.answers.wait()
        if self.lost:
            raise RedisConnectionError("gone")
        return "OK"

    def should_reconnect(self) -> bool:
        return False


class PoolTwin:
    """Makes connections, and notes those that come back."""

    def __init__(self) -> None:
        self.made: list[ConnectionTwin] = []
        self.back: list[ConnectionTwin] = []

    async def get_connection(self) -> ConnectionTwin:
        self.made.append(ConnectionTwin())
        return self.made[-1]

    async def ensure_connection(self, connection: ConnectionTwin) -> None: ...

    async def release(self, connection: ConnectionTwin) -> None:
        self.back.append(connection)


def calling(redis_url: str, scenario: Callable[[KeptConnections], Awaitable[T]]) -> T:
    async def around() -> T:
        client = connect_async(redis_url)
        try:
            return await scenario(KeptConnections(client.connection_pool))
        finally:
            await client.aclose()

    return asyncio.run(around())


def test_calls_go_over_one_connection_also_behind_an_error(redis: Redis, redis_url: str) -> None:
    async def scenario(kept: KeptConnections) -> list[Any]:
        before = await kept.call("CLIENT ID")
        with pytest.raises(ResponseError):
            await kept.call("GET")
        return [before, await kept.call("CLIENT ID")]

    first, second = calling(redis_url, scenario)
    assert first == second


def test_a_connection_that_ended_while_it_was_idle_is_made_anew(
    redis: Redis, redis_url: str
) -> None:
    async def scenario(kept: KeptConnections) -> list[Any]:
        before = await kept.call("CLIENT ID")
        redis.client_kill_filter(_id=before)
        await asyncio.sleep(0.01)  # Redis has closed it by now; the loop has to see that
        return [before, await kept.call("CLIENT ID")]

    first, second = calling(redis_url, scenario)
    assert first != second


def test_a_connection_that_is_lost_takes_the_idle_ones_back_to_the_pool() -> None:
    async def scenario() -> None:
        pool = PoolTwin()
        kept = KeptConnections(pool)
        calls = [asyncio.create_task(kept.call("PING")) for _ in range(2)]
        await asyncio.sleep(0)
        first, second = pool.made
        first.answers.set()
        assert await calls[0] == "OK"
        assert pool.back == []
        second.lost = True
        second.answers.set()
        with pytest.raises(RedisConnectionError):
            await calls[1]
        assert pool.back == [second, first]

    asyncio.run(scenario())


def test_a_call_that_is_given_up_takes_its_connection_along() -> None:
    async def scenario() -> None:
        pool = PoolTwin()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await KeptConnections(pool).call("PING")
        assert pool.back == pool.made

    asyncio.run(scenario())
