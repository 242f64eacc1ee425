"""Blocking calls off the event loop, with a deadline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

import anyio
import anyio.to_thread

from core.errors import StoreError, StoreUnavailable

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Offload:
    """Runs Redis calls in threads; a call that is too late is left behind, not waited for.

    What is left behind ends by the socket's own timeouts a little later.
    """

    def __init__(self, *, threads: int, limit_s: float) -> None:
        self._threads = threads
        self._limit_s = limit_s
        self._limiter: anyio.CapacityLimiter | None = None
        self._chores: set[asyncio.Task[None]] = set()

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of ``call``; raises what it raises, or StoreUnavailable when too late."""
        if self._limiter is None:  # made here: it belongs to the running loop
            self._limiter = anyio.CapacityLimiter(self._threads)
        try:
            with anyio.fail_after(self._limit_s):
                return await anyio.to_thread.run_sync(
                    partial(call, *args, **kwargs), limiter=self._limiter, abandon_on_cancel=True
                )
        except TimeoutError as error:
            raise StoreUnavailable(f"Redis did not answer within {self._limit_s:g} s.") from error

    def chore(self, *calls: Callable[[], Any]) -> None:
        """Tidy up without keeping anybody waiting; failures are logged, TTLs do the rest."""
        task = asyncio.get_running_loop().create_task(self._run_chores(calls))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def settle(self) -> None:
        """Wait for the chores that were begun."""
        await asyncio.gather(*self._chores)

    async def _run_chores(self, calls: tuple[Callable[[], Any], ...]) -> None:
        for call in calls:
            try:
                await self(call)
            except StoreError as error:
                logger.warning("Left to its time to live: %s", error.message)
