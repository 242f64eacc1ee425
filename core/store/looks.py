"""Looks at jobs for asyncio: what clients ask for most, and what takes no thread.

Every method raises StoreUnavailable when Redis is away, and when it does not answer in time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

import redis.asyncio as aioredis

from core.store.keys import PREFIX
from core.store.rates import RatePolicy, RateStanding
from core.store.records import Job
from core.store.scripts import AsyncScripts

Seen = tuple[Job, int | None]  # a job and its position in its queue

MOST_KNOWN: Final = 256  # records: 20 KiB each with ten frames, 300 with 50 frames of 8 faces
# A Redis that lost its last second may give one revision twice; so long the first record counts.
KNOWN_S: Final = 30.0


class JobLooks:
    """Jobs as they are now; :class:`core.store.jobs.JobStore` changes them.

    ``limit_s`` is for each call, and ``at_once`` of them run at one time, on a connection each.
    A record that was read lately is not read again while its revision is the same: every change
    that anybody could see raises it. One that was read too long ago to count is let go.
    """

    def __init__(
        self, redis: aioredis.Redis, *, limit_s: float, at_once: int, prefix: str = PREFIX
    ) -> None:
        self._redis = redis
        self._known: OrderedDict[str, tuple[float, Job]] = OrderedDict()  # the latest read last
        self._run = AsyncScripts(
            redis,
            "job",
            ("look", "glance", "sweep"),
            limit_s=limit_s,
            at_once=at_once,
            prefix=prefix,
        )

    async def look(self, job_ids: Sequence[str]) -> list[Seen | None]:
        """Each job with its position in its queue (1 is next, None when it does not wait).

        None in place of a job that is gone. Job and position are of one moment.
        """
        _, found = await self._look(("", 0, 0), job_ids)
        return found

    async def look_at_rate(
        self, job_id: str, tenant: str, policy: RatePolicy
    ) -> tuple[RateStanding, Seen | None]:
        """Count the look for the tenant's rate, and look if it is allowed, in one call."""
        rate = (policy.counted_for(tenant), policy.limit, policy.window_s * 1000)
        standing, (seen,) = await self._look(rate, [job_id])
        return RateStanding.of(policy, standing), seen

    async def glance(self, job_ids: Sequence[str]) -> list[str]:
        """Each job's ``revision.position`` (0 when it does not wait), "" for one that is gone.

        This is what tells whether :meth:`look` would find anything new, for a small part of
        its price.
        """
        return [token.decode() for token in await self._swept("glance", *job_ids)]

    async def _look(
        self, rate: tuple[str, int, int], job_ids: Sequence[str]
    ) -> tuple[Sequence[int], list[Seen | None]]:
        self._let_go()
        known = [self._known.get(job_id, (0.0, None))[1] for job_id in job_ids]
        asked: list[str | int] = []
        for job_id, job in zip(job_ids, known, strict=True):
            asked += (job_id, "" if job is None else job.revision)
        answer = await self._swept("look", *rate, *asked)
        together = zip(job_ids, known, answer[: len(job_ids)], strict=True)
        return answer[len(job_ids) :], [self._seen(*one) for one in together]

    async def _swept(self, verb: str, *arguments: str | int) -> Any:
        """Run a script; where something has expired that still counts, end that before."""
        answer = await self._run(verb, "", *arguments)
        if answer is None:
            await self._run("sweep")
            answer = await self._run(verb, "swept", *arguments)
        return answer

    def _let_go(self) -> None:
        """Forget what was read too long ago, rather than only when there are too many of them."""
        counts_from = monotonic() - KNOWN_S
        while self._known and next(iter(self._known.values()))[0] <= counts_from:
            self._known.popitem(last=False)

    def _seen(self, job_id: str, known: Job | None, told: Any) -> Seen | None:
        if known is not None and isinstance(told, int):
            return known, told or None
        self._known.pop(job_id, None)
        if told is None:
            return None
        record, position = told
        job = Job.from_flat(job_id, record)
        self._known[job_id] = monotonic(), job
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return job, position or None

    async def close(self) -> None:
        """Let the connections go."""
        await self._redis.aclose()
