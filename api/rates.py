"""How fast a tenant may send requests and jobs."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from api.offload import Offload
from api.problems import RateLimited
from api.request_state import RATES
from api.settings import GatewaySettings
from core.store.rates import RatePolicy, RateStanding, RateStore

REQUESTS: Final = "requests"
SUBMISSIONS: Final = "submissions"


class RateLimits:
    """Counts requests of tenants by the policies of the settings; without any it asks nobody."""

    def __init__(self, settings: GatewaySettings, rates: RateStore, store: Offload) -> None:
        self._requests = _policy(REQUESTS, settings.tenant_requests_per_minute)
        self._submissions = _policy(SUBMISSIONS, settings.tenant_submissions_per_minute)
        self._rates = rates
        self._store = store

    async def request(self, request: Request, tenant: str) -> None:
        """Count this request, once however often it is asked; raises RateLimited or StoreError."""
        if self._requests is not None and not _standings(request):
            await self._take(request, tenant, self._requests, 1)

    async def submit(self, request: Request, tenant: str, count: int = 1) -> None:
        """Count so many jobs that this request makes, all or none; raises the same."""
        if self._submissions is not None:
            await self._take(request, tenant, self._submissions, count)

    async def _take(self, request: Request, tenant: str, policy: RatePolicy, count: int) -> None:
        standing = await self._store(self._rates.take, tenant, policy, count)
        _standings(request).append(standing)
        if not standing.allowed:
            raise RateLimited(
                what=policy.name,
                limit=policy.limit,
                window_s=policy.window_s,
                retry_after_s=standing.reset_s,
            )


def _standings(request: Request) -> list[RateStanding]:
    standings: list[RateStanding] = request.scope["state"].setdefault(RATES, [])
    return standings


def _policy(name: str, limit: int | None) -> RatePolicy | None:
    return None if limit is None else RatePolicy(name, limit)
