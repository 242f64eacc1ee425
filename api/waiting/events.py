"""Hears which jobs change: one connection for the whole gateway reads the stream of events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.exceptions import RedisError

from core.store.connection import connect_async

logger = logging.getLogger(__name__)

RECONNECT_S: Final = 1.0
BLOCK_S: Final = 10.0  # Redis answers by then, also when nothing happened
GRACE_S: Final = 5.0  # later than that the connection is taken for dead
_MOST: Final = 1000  # events in one answer


class JobEvents:
    """Calls ``on_change`` with the id of every job that changes.

    ``on_gap`` is called whenever the connection is made anew: what happened before may have been
    missed. While it lasts nothing is lost, since the stream is read on from the last event.
    """

    def __init__(
        self,
        redis_url: str,
        key: str,
        *,
        on_change: Callable[[str], None],
        on_gap: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis_url = redis_url
        self._key = key
        self._on_change = on_change
        self._on_gap = on_gap

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear changes while the context lasts; a lost connection is made again."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            await stop(task)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as error:
                why = str(error) or "it has not answered in time"
                logger.warning("Job events pause; Redis cannot be heard: %s", why)
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        async with connect_async(self._redis_url) as connection:
            redis: Any = connection  # its answers are unions over both protocols
            newest = await redis.xrevrange(self._key, count=1)
            last = newest[0][0] if newest else b"0-0"
            self._on_gap()
            while True:
                async with asyncio.timeout(BLOCK_S + GRACE_S):
                    answer = await redis.xread({self._key: last}, _MOST, round(BLOCK_S * 1000))
                for event_id, fields in _entries(answer):
                    last = event_id
                    self._on_change(fields[b"job"].decode())


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The events in what XREAD answers about one stream, by either protocol of Redis."""
    if not answer:
        return []
    streams = answer.values() if isinstance(answer, dict) else [entries for _, entries in answer]
    return [tuple(entry) for entries in streams for entry in entries]


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a task for good.

    redis-py 8.1 can swallow a cancel that comes while it connects: one is not enough.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.1)
