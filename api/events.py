"""Wakes requests that wait for a job: one pub/sub listener for the whole gateway."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager

from redis.exceptions import RedisError

from core.store.connection import connect_async

logger = logging.getLogger(__name__)

RECONNECT_S = 1.0


class JobEvents:
    """Hears the id of every job that changes; waiting costs an asyncio.Event, not a thread.

    Messages can be lost while Redis is away, so whoever waits looks again now and then.
    """

    def __init__(self, redis_url: str, channel: str) -> None:
        self._redis_url = redis_url
        self._channel = channel
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def watch(self, job_id: str) -> Iterator[asyncio.Event]:
        """An event that is set at every change of the job."""
        event = asyncio.Event()
        self._waiting[job_id].add(event)
        try:
            yield event
        finally:
            self._waiting[job_id].discard(event)
            if not self._waiting[job_id]:
                del self._waiting[job_id]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Hear changes while the context lasts; a lost connection is made again."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            # redis-py 8.1 can swallow a cancel that comes while it connects: one is not enough.
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=0.1)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as error:
                logger.warning("Job events pause; Redis cannot be heard: %s", error)
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        async with connect_async(self._redis_url) as redis, aclosing(redis.pubsub()) as listener:
            await listener.subscribe(self._channel)
            while True:
                message = await listener.get_message(ignore_subscribe_messages=True, timeout=10)
                if message is not None:
                    self._wake(message["data"].decode())

    def _wake(self, job_id: str) -> None:
        for event in self._waiting.get(job_id, ()):
            event.set()
