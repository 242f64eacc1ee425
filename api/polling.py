"""Long-polling a job: as many waiting clients as there are sockets, and no thread for any."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from api.gateway import Gateway
from core.store.jobs import Job, JobStatus

# The second net under the events, which are lost while Redis is away.
RECHECK_S: Final = 2.0
MAX_RETRY_AFTER_S: Final = 30


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job, and its place in its queue (1 is next)."""

    job: Job
    queue_position: int | None

    @property
    def etag(self) -> str:
        """Changes whenever anything that the client sees does."""
        return f'"{self.job.revision}.{self.queue_position or 0}"'

    @property
    def retry_after_s(self) -> int | None:
        """A second for every job ahead, 30 at most; None once the job has ended."""
        if self.job.status.terminal:
            return None
        return min(self.queue_position or 1, MAX_RETRY_AFTER_S)


async def look(gateway: Gateway, job_id: str, tenant: str) -> Snapshot:
    """The job now; raises JobNotFound."""
    job = await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
    return await place(gateway, job)


async def place(gateway: Gateway, job: Job) -> Snapshot:
    """A job that was just read, with its place in the queue."""
    if job.status is not JobStatus.QUEUED:
        return Snapshot(job, None)
    return Snapshot(job, await gateway.store(gateway.jobs.queue_position, job))


async def wait(
    gateway: Gateway, job_id: str, tenant: str, *, wait_s: float, known: str | None
) -> Snapshot:
    """The job once it has ended, or ``wait_s`` later.

    With ``known``, an ETag, already when the job looks different from it.
    """
    deadline = asyncio.get_running_loop().time() + wait_s
    with gateway.events.watch(job_id) as changed:
        while True:
            changed.clear()
            now = await look(gateway, job_id, tenant)
            news = known is not None and now.etag != known
            left_s = deadline - asyncio.get_running_loop().time()
            if now.job.status.terminal or news or left_s <= 0:
                return now
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, RECHECK_S)):
                    await changed.wait()
