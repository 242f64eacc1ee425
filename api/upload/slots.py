"""How many uploads run in this process at one time, and how many of them for one tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.problems import GatewayBusy
from core.errors import TooManyUploads


class UploadSlots:
    """Bounds the memory of uploads (about 3 MiB each), and keeps places for other tenants."""

    def __init__(self, limit: int, *, for_each_tenant: int) -> None:
        self._limit = limit
        self._tenant_limit = for_each_tenant
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, tenant: str) -> Iterator[None]:
        """Hold one slot; raises GatewayBusy or TooManyUploads when there is none."""
        if self._taken.total() >= self._limit:
            raise GatewayBusy(limit=self._limit)
        if self._taken[tenant] >= self._tenant_limit:
            raise TooManyUploads(used=self._taken[tenant], limit=self._tenant_limit)
        self._taken[tenant] += 1
        try:
            yield
        finally:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]
