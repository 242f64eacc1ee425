"""Reading a job, and long-polling it: no thread is held by a client that waits."""

from __future__ import annotations

import asyncio

from fastapi import Request

from api.gateway import Gateway
from api.http.conditional import KnownTags
from api.waiting.admission import news_of
from api.waiting.snapshot import Snapshot
from core.errors import JobNotFound, StoreError
from core.store.records import Job, JobStatus


async def snapshot_of(gateway: Gateway, job: Job) -> Snapshot:
    """A job that was just changed, with its position and forecast where they can be told.

    A store that fails now must not hide what was done: both are None then.
    """
    if job.status.terminal:
        return Snapshot(job, None)
    position: int | None = None
    if job.status is JobStatus.QUEUED:
        try:
            position = await gateway.store(gateway.jobs.queue_position, job)
        except StoreError:
            return Snapshot(job, None)
    return Snapshot.expected(job, position, await gateway.loads.now_if_known())


async def read(gateway: Gateway, job_id: str, tenant: str) -> Snapshot:
    """The job as it is now; raises JobNotFound, also when it is another tenant's, or JobExpired."""
    (seen,) = await gateway.looks.look([job_id])
    return await _told(gateway, job_id, tenant, seen)


async def _told(
    gateway: Gateway, job_id: str, tenant: str, seen: tuple[Job, int | None] | None
) -> Snapshot:
    if seen is None or seen[0].tenant != tenant:
        raise await gateway.store(gateway.jobs.missing, job_id, tenant)
    job, position = seen
    load = None if job.status.terminal else await gateway.loads.now_if_known()
    snapshot = Snapshot.expected(job, position, load)
    gateway.watches.seen(job_id, snapshot)
    return snapshot


async def wait(
    request: Request, gateway: Gateway, job_id: str, tenant: str, *, wait_s: float, known: KnownTags
) -> Snapshot:
    """The job once it has ended, or ``wait_s`` later, or when the gateway stops.

    With ``known`` tags, already when the job has changed from all of them. It counts for the rate
    of requests. Raises JobNotFound, JobExpired or RateLimited, and Unauthorized when the key ends
    meanwhile. A Redis that goes away meanwhile is waited for; StoreError when it is still away
    at the end.
    """
    if wait_s <= 0:
        seen = await gateway.rates.look(request, tenant, gateway.looks, job_id)
        return await _told(gateway, job_id, tenant, seen)
    deadline = asyncio.get_running_loop().time() + wait_s
    with gateway.watches.watch(job_id) as watch:
        seen = await gateway.rates.look(request, tenant, gateway.looks, job_id)
        now = await _told(gateway, job_id, tenant, seen)
        while not now.job.status.terminal and not gateway.watches.stopping:
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0 or (known and not known.matches(now.etag)):
                break
            told = await news_of(request, gateway, watch, left_s)
            if isinstance(told, JobNotFound):
                raise await gateway.store(gateway.jobs.missing, job_id, tenant)
            if told is not None and told.follows(now):
                now = told
            elif told is None and not gateway.watches.stopping:
                return await read(gateway, job_id, tenant)
    return now
