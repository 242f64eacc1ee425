"""Files that brought down workers, counted for each tenant by itself.

A tenant must not learn from a refusal that another one has sent the same file, and must not be
able to have a file of others refused.
"""

from __future__ import annotations

from typing import Any

from redis import Redis

from core.errors import FileQuarantined
from core.store.connection import store_errors
from core.store.keys import PREFIX, Key


class Quarantine:
    """The crashes of files within 24 h; the scripts that reap and finish jobs do the counting."""

    def __init__(self, redis: Redis, *, max_crashes: int, prefix: str = PREFIX) -> None:
        self._redis: Any = redis
        self._max_crashes = max_crashes
        self._prefix = prefix

    @store_errors()
    def crashes(self, tenant: str, sha256: str) -> int:
        """How many workers the tenant's file has brought down."""
        return int(self._redis.get(Key.CRASHES.at(f"{tenant}:{sha256}", prefix=self._prefix)) or 0)

    def check(self, tenant: str, sha256: str) -> None:
        """Raise FileQuarantined when the file has brought down too many workers."""
        crashes = self.crashes(tenant, sha256)
        if crashes >= self._max_crashes:
            raise FileQuarantined(sha256=sha256, crashes=crashes)
