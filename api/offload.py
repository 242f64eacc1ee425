"""Blocking calls off the event loop, with a deadline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

import anyio
import anyio.to_thread

from core.errors import (
    BatchNotFound,
    DeepfakeError,
    JobNotFound,
    StoreError,
    StoreUnavailable,
    UploadNotFound,
)

logger = logging.getLogger(__name__)

# Waits between the tries of a chore while Redis is away: about half a minute in all.
RETRY_AFTER_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

P = ParamSpec("P")
T = TypeVar("T")


class Offload:
    """Runs Redis calls in threads; a call that is too late is left behind, not waited for.

    What is left behind ends by the socket's own timeouts a little later, and occupies its
    thread until then: there are never more than ``threads`` calls, also not of requests that
    were canceled.
    """

    def __init__(self, *, threads: int, limit_s: float) -> None:
        self._places = asyncio.Semaphore(threads)
        self._limit_s = limit_s
        self._running: set[asyncio.Task[Any]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of ``call``; raises what it raises, or StoreUnavailable when too late."""
        try:
            async with asyncio.timeout(self._limit_s):
                await self._places.acquire()
                task = asyncio.create_task(self._occupy(partial(call, *args, **kwargs)))
                self._running.add(task)
                task.add_done_callback(self._ended)
                return await asyncio.shield(task)
        except TimeoutError as error:
            late = f"Redis, or the object store, did not answer within {self._limit_s:g} s."
            raise StoreUnavailable(late) from error

    async def _occupy(self, call: Callable[[], T]) -> T:
        try:
            # anyio takes the thread that was used last: few threads, and few heaps of theirs.
            return await anyio.to_thread.run_sync(call, limiter=anyio.CapacityLimiter(1))
        finally:
            self._places.release()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # nobody may be left to hear of it

    def chore(self, *calls: Callable[[], Any]) -> None:
        """Tidy up in their order, without keeping anybody waiting.

        Each is tried again for half a minute while the store is away, and then left to its
        time to live. What is gone already is fine.
        """
        task = asyncio.get_running_loop().create_task(self._run_chores(calls))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def close(self) -> None:
        """Try the chores that are left once more."""
        self._closing.set()
        await asyncio.gather(*self._chores)

    async def _run_chores(self, calls: tuple[Callable[[], Any], ...]) -> None:
        for call in calls:
            try:
                await self._insist(call)
            except (BatchNotFound, JobNotFound, UploadNotFound):
                continue
            except DeepfakeError as error:
                logger.warning("Left to its time to live: %s", error.message)

    async def _insist(self, call: Callable[[], Any]) -> None:
        for pause_s in RETRY_AFTER_S:
            try:
                await self(call)
            except StoreError:
                await self._pause(pause_s)
            else:
                return
        await self(call)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return
