"""Long-polling a job: as many waiting clients as there are sockets, and no thread for any."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from api.conditional import KnownTags
from api.gateway import Gateway
from core.errors import StoreError
from core.store.records import Job, JobStatus

# The second net under the events, which are lost while Redis is away.
RECHECK_S: Final = 2.0
MAX_RETRY_AFTER_S: Final = 30


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job, and its position in its queue (1 is next)."""

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


async def snapshot_of(gateway: Gateway, job: Job) -> Snapshot:
    """A job that was just read or changed, with its position where that can be told.

    A store that fails now must not hide what was done: the position is None then.
    """
    if job.status is not JobStatus.QUEUED:
        return Snapshot(job, None)
    try:
        return Snapshot(job, await gateway.store(gateway.jobs.queue_position, job))
    except StoreError:
        return Snapshot(job, None)


async def wait(
    gateway: Gateway, job_id: str, tenant: str, *, wait_s: float, known: KnownTags
) -> Snapshot:
    """The job once it has ended, or ``wait_s`` later; raises JobNotFound.

    With ``known`` tags, already when the job has changed from all of them.
    """
    deadline = asyncio.get_running_loop().time() + wait_s
    with gateway.events.watch(job_id) as changed:
        while True:
            changed.clear()
            job = await gateway.store(gateway.jobs.get, job_id, tenant=tenant)
            now = await snapshot_of(gateway, job)
            news = bool(known) and not known.matches(now.etag)
            left_s = deadline - asyncio.get_running_loop().time()
            if job.status.terminal or news or left_s <= 0:
                return now
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, RECHECK_S)):
                    await changed.wait()
