"""Looks at jobs for asyncio: what clients ask for most, and what takes no thread.

Every method raises StoreUnavailable when Redis is away, and when it does not answer in time.
"""

from __future__ import annotations

from collections.abc import Sequence

import redis.asyncio as aioredis

from core.store.keys import PREFIX
from core.store.rates import RatePolicy, RateStanding
from core.store.records import Job
from core.store.scripts import AsyncScripts

Seen = tuple[Job, int | None]  # a job and its position in its queue


class JobLooks:
    """Jobs as they are now; :class:`core.store.jobs.JobStore` changes them.

    ``limit_s`` is for each call, and ``at_once`` of them run at one time, on a connection each.
    """

    def __init__(
        self, redis: aioredis.Redis, *, limit_s: float, at_once: int, prefix: str = PREFIX
    ) -> None:
        self._redis = redis
        self._run = AsyncScripts(
            redis, "job", ("look", "glance"), limit_s=limit_s, at_once=at_once, prefix=prefix
        )

    async def look(self, job_ids: Sequence[str]) -> list[Seen | None]:
        """Each job with its position in its queue (1 is next, None when it does not wait).

        None in place of a job that is gone. Job and position are of one moment.
        """
        _, found = await self._run("look", "", 0, 0, *job_ids)
        return [_seen(job_id, *one) for job_id, one in zip(job_ids, found, strict=True)]

    async def look_at_rate(
        self, job_id: str, tenant: str, policy: RatePolicy
    ) -> tuple[RateStanding, Seen | None]:
        """Count the look for the tenant's rate, and look if it is allowed, in one call."""
        limits = (policy.limit, policy.window_s * 1000)
        answer, found = await self._run("look", policy.counted_for(tenant), *limits, job_id)
        standing = RateStanding.of(policy, answer)
        return standing, _seen(job_id, *found[0]) if standing.allowed else None

    async def glance(self, job_ids: Sequence[str]) -> list[str]:
        """Each job's ``revision.position`` (0 when it does not wait), "" for one that is gone.

        This is what tells whether :meth:`look` would find anything new, for a small part of
        its price.
        """
        return [token.decode() for token in await self._run("glance", *job_ids)]

    async def close(self) -> None:
        """Let the connections go."""
        await self._redis.aclose()


def _seen(job_id: str, flat: Sequence[bytes], position: int) -> Seen | None:
    return (Job.from_flat(job_id, flat), int(position) or None) if flat else None
