"""How fast a tenant may send requests and jobs."""

from __future__ import annotations

from typing import Final

from fastapi import Request

from api.http.problems import RateLimited
from api.http.request_state import RATES
from api.offload import Offload
from api.settings import GatewaySettings
from core.store.looks import JobLooks, Seen
from core.store.rates import RatePolicy, RateStanding, RateStore

REQUESTS: Final = "requests"
SUBMISSIONS: Final = "submissions"
LOOK: Final = "read_job"  # the endpoint that counts by itself


class RateLimits:
    """Counts requests of tenants by the policies of the settings; without any it asks nobody."""

    def __init__(self, settings: GatewaySettings, rates: RateStore, store: Offload) -> None:
        self._requests = _policy(REQUESTS, settings.tenant_requests_per_minute)
        self._submissions = _policy(SUBMISSIONS, settings.tenant_submissions_per_minute)
        self._rates = rates
        self._store = store

    async def request(self, request: Request, tenant: str) -> None:
        """Count this request, once however often it is asked; raises RateLimited or StoreError.

        A look at a job is left to :meth:`look`: it is asked for too often for two calls.
        """
        if self._requests is None or _standings(request) or _is_look(request):
            return
        _note(request, await self._take(tenant, self._requests))

    async def look(
        self, request: Request, tenant: str, looks: JobLooks, job_id: str
    ) -> Seen | None:
        """Look at a job and count this request, in one call of Redis; raises the same."""
        if self._requests is None:
            (seen,) = await looks.look([job_id])
            return seen
        standing, seen = await looks.look_at_rate(job_id, tenant, self._requests)
        _note(request, standing)
        return seen

    async def submit(self, request: Request, tenant: str) -> None:
        """Count the job that this request makes; raises the same."""
        if self._submissions is not None:
            _note(request, await self._take(tenant, self._submissions))

    async def submit_file(self, tenant: str) -> None:
        """Count the job of one file of many; raises the same."""
        if self._submissions is not None:
            _check(await self._take(tenant, self._submissions))

    async def _take(self, tenant: str, policy: RatePolicy) -> RateStanding:
        return await self._store(self._rates.take, tenant, policy)


def _note(request: Request, standing: RateStanding) -> None:
    """Tell it in the header fields of the answer; raises RateLimited when it was not allowed."""
    _standings(request).append(standing)
    _check(standing)


def _check(standing: RateStanding) -> None:
    policy = standing.policy
    if not standing.allowed:
        raise RateLimited(
            what=policy.name,
            limit=policy.limit,
            window_s=policy.window_s,
            retry_after_s=standing.reset_s,
        )


def _is_look(request: Request) -> bool:
    return getattr(request.scope.get("endpoint"), "__name__", None) == LOOK


def _standings(request: Request) -> list[RateStanding]:
    standings: list[RateStanding] = request.scope["state"].setdefault(RATES, [])
    return standings


def _policy(name: str, limit: int | None) -> RatePolicy | None:
    return None if limit is None else RatePolicy(name, limit)
