"""Places of one kind in this process: how many there are, and how many one tenant may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.http.problems import GatewayBusy
from core.errors import QuotaError, TooManyEventStreams, TooManyUploads


class Slots:
    """Bounds what clients hold here at one time, and keeps places for other tenants."""

    what = "requests"

    def __init__(self, limit: int, *, for_each_tenant: int) -> None:
        self._limit = limit
        self._tenant_limit = for_each_tenant
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are held now."""
        return self._taken.total()

    @contextmanager
    def take(self, tenant: str) -> Iterator[None]:
        """Hold one slot; raises GatewayBusy, or a QuotaError when the tenant has its share."""
        if self.taken >= self._limit:
            raise GatewayBusy(limit=self._limit, what=self.what)
        if self._taken[tenant] >= self._tenant_limit:
            raise self._quota_error(self._taken[tenant], self._tenant_limit)
        self._taken[tenant] += 1
        try:
            yield
        finally:
            self._taken[tenant] -= 1
            if not self._taken[tenant]:
                del self._taken[tenant]

    def _quota_error(self, used: int, limit: int) -> QuotaError:
        raise NotImplementedError


class UploadSlots(Slots):
    """Uploads under way, each of which takes about 3 MiB."""

    what = "uploads"

    def _quota_error(self, used: int, limit: int) -> QuotaError:
        return TooManyUploads(used=used, limit=limit)


class EventSlots(Slots):
    """Event streams that are open."""

    what = "event streams"

    def _quota_error(self, used: int, limit: int) -> QuotaError:
        return TooManyEventStreams(used=used, limit=limit)
