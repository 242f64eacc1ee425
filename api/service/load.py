"""The load of the service as it was a second ago at most: what forecasts are made of."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Final

from api.offload import Offload
from core.errors import StoreError
from core.store.load import Load, LoadStore

FRESH_S: Final = 1.0


class Loads:
    """Asks Redis once a second at most, however many clients look at jobs."""

    def __init__(self, loads: LoadStore, store: Offload) -> None:
        self._loads = loads
        self._store = store
        self._last: Load | None = None
        self._asking = asyncio.Lock()

    async def now(self) -> Load:
        """The load; raises StoreError when Redis is away."""
        if (load := self._fresh()) is not None:
            return load
        async with self._asking:  # whoever waited for this finds what the first one read
            if (load := self._fresh()) is None:
                load = self._last = await self._store(self._loads.read)
        return load

    async def now_if_known(self) -> Load | None:
        """The load, or None: what was asked for otherwise is told without a forecast."""
        try:
            return await self.now()
        except StoreError:
            return None

    def _fresh(self) -> Load | None:
        last = self._last
        return last if last is not None and monotonic() - last.read_at < FRESH_S else None
