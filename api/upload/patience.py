"""Waiting for room in the store instead of being refused: for clients that send many files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar

from api.http.problems import RateLimited
from api.offload import Offload
from core.errors import QueueFull, QuotaError, StoreFull, TooManyBatches

LOOK_S: Final = 0.25  # between two tries

P = ParamSpec("P")
T = TypeVar("T")


class Patience(Offload):
    """Runs calls of the store as ``store`` does, and again while there is no room.

    Meanwhile the body of the request is not read, so the client is slowed down to the pace at
    which its files are judged. After ``limit_s`` without room the refusal is raised. From then on
    nothing is waited for, until something has found room again: so a batch that is far
    too large is refused file by file within seconds. Room in a rate comes by itself, within the
    window of the rate, and may take longer than that.
    """

    def __init__(self, store: Offload, limit_s: float) -> None:
        self._store = store
        self._limit_s = self._left_s = limit_s
        self._looked_at = 0.0

    async def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.insist_on(partial(self._store, call, *args, **kwargs))

    async def insist_on(self, action: Callable[[], Awaitable[T]]) -> T:
        """The result of ``action``, once there is room for it."""
        while True:
            try:
                return await action()
            except TooManyBatches:
                raise
            except (QuotaError, RateLimited, StoreFull, QueueFull) as error:
                if self._left_s <= 0:
                    raise
                if not isinstance(error, RateLimited):
                    self._spend()
                await asyncio.sleep(LOOK_S)

    def _spend(self) -> None:
        """Count the time since the last look of any who wait: several wait as long as one."""
        now = asyncio.get_running_loop().time()
        self._left_s -= min(LOOK_S, now - self._looked_at)
        self._looked_at = now

    def restore(self) -> None:
        """A file has found room: there is hope for the next one."""
        self._left_s = self._limit_s

    def chore(self, *calls: Callable[[], Any]) -> None:
        self._store.chore(*calls)
