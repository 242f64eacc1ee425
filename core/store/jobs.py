"""The client's side of jobs: records in Redis, changed only by Lua scripts.

Every change is one script of ``core/store/lua``: it compares the status, takes the time from
Redis, raises the revision and adds the job's id to the stream of events. The worker's side is
:mod:`core.store.attempts`; :mod:`core.store.looks` reads jobs for those who wait for them.

A job owns its upload: whatever lets the record live longer does so for the bytes too, and
the script that ends the job deletes them.

Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from redis import Redis

from core.errors import (
    BatchFinished,
    BlobMissing,
    JobExpired,
    JobFinished,
    JobNotFound,
    QueueFull,
    TooManyJobs,
)
from core.options import Queue
from core.store.accounts import UNLIMITED, TenantLimits
from core.store.connection import store_errors
from core.store.doorbell import MAX_BELLS
from core.store.evidence import EvidenceLimits
from core.store.keys import PREFIX, Key
from core.store.quarantine import Quarantine
from core.store.records import Counts, Job, JobStatus
from core.store.scripts import Scripts

IDEMPOTENCY_TTL_MS: Final = 24 * 3600 * 1000


class JobStore:
    """Jobs by id.

    ``ttl_s`` is the life of a record after its last change, and of its upload until the end
    of the job; for ``tombstone_s`` more its tenant is told that it has expired. ``max_attempts``
    is the number of crashes that quarantines a file, and ``max_queued`` is how many jobs of all
    tenants may wait.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        ttl_s: float = 24 * 3600.0,
        tombstone_s: float = 7 * 24 * 3600.0,
        max_attempts: int = 3,
        max_queued: int = UNLIMITED,
        tenant_limits: TenantLimits | None = None,
        evidence_limits: EvidenceLimits | None = None,
        prefix: str = PREFIX,
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._ttl_ms = int(ttl_s * 1000)
        self._max_queued = max_queued
        self._tenant_max_queued = (tenant_limits or TenantLimits()).queued_jobs
        self._evidence_limits = evidence_limits or EvidenceLimits()
        self._tombstone_ms = int(tombstone_s * 1000)
        self._prefix = prefix
        self.quarantine = Quarantine(redis, max_crashes=max_attempts, prefix=prefix)
        verbs = ("create", "position", "counts", "cancel", "delete")
        self._run = Scripts(redis, "job", verbs, prefix=prefix)

    @property
    def events_key(self) -> str:
        """The stream that carries in ``job`` the id of every job that changed."""
        return Key.EVENTS.at(prefix=self._prefix)

    def create(self, job: Job, *, idempotency_key: str | None = None, reuse: bool = False) -> Job:
        """Store a queued job, which takes its upload over, and return it as stored.

        With ``reuse`` the job has succeeded already, with the result of an earlier job of the
        tenant, where that had the same bytes and options and is still there, and all live workers
        hold the model that judged it; with evidence only where that can be kept again. Its
        upload is gone then.

        When the tenant used the key within 24 h and that job is still there, nothing is
        stored and *that* job is returned: its id differs from ``job.id``. Raises BlobMissing
        when the upload is gone, QueueFull when as many jobs wait as may, and TooManyJobs when the
        tenant has as many waiting as it may, and BatchFinished when its batch takes no more files
        or has one of this number.

        When this raises StoreUnavailable, the job may be stored all the same: then it runs,
        and the key finds it.
        """
        named = job.to_fields()
        if self._tombstone_ms:
            named["tombstone_ms"] = str(self._tombstone_ms)
        fields = [part for pair in named.items() for part in pair]
        key = "" if idempotency_key is None else hashed(job.tenant, idempotency_key)
        limits = self._evidence_limits
        outcome, *rest = self._run(
            "create",
            job.id,
            self._ttl_ms,
            job.media.blob_id,
            job.tenant,
            self._tenant_max_queued,
            key,
            IDEMPOTENCY_TTL_MS,
            self._max_queued,
            ",".join(Queue),
            int(reuse),
            int(job.options.evidence),
            int(limits.ttl_s * 1000),
            limits.max_bytes,
            limits.bytes_of(job.tenant),
            *fields,
        )
        if outcome == b"missing":
            raise BlobMissing(job.media.blob_id)
        if outcome == b"complete" and job.batch is not None:
            raise BatchFinished(job.batch.batch_id)
        if outcome == b"full":
            raise QueueFull(queued=int(rest[0]), limit=self._max_queued)
        if outcome == b"queued":
            raise TooManyJobs(used=int(rest[0]), limit=self._tenant_max_queued)
        return Job.from_flat(*rest)

    @store_errors()
    def get(self, job_id: str, *, tenant: str | None = None) -> Job:
        """The record; raises JobNotFound, also when it is another tenant's, or JobExpired."""
        fields: dict[bytes, bytes] = self._redis.hgetall(Key.JOB.at(job_id, prefix=self._prefix))
        if not fields or (tenant is not None and fields[b"tenant"].decode() != tenant):
            raise self.missing(job_id, tenant)
        return Job.from_fields(job_id, fields)

    @store_errors()
    def missing(self, job_id: str, tenant: str | None) -> JobNotFound:
        """Why ``tenant`` has no such job: JobExpired where it had one that was not deleted."""
        owner: bytes | None = self._redis.get(Key.TOMBSTONE.at(job_id, prefix=self._prefix))
        expired = owner is not None and owner.decode() == tenant
        return JobExpired(job_id) if expired else JobNotFound(job_id)

    def find_idempotent(self, tenant: str, idempotency_key: str) -> Job | None:
        """The job that the tenant made with this key within 24 h, if it is still there."""
        key = Key.IDEMPOTENCY.at(hashed(tenant, idempotency_key), prefix=self._prefix)
        with store_errors():
            job_id: bytes | None = self._redis.get(key)
        if job_id is None:
            return None
        try:
            return self.get(job_id.decode(), tenant=tenant)
        except JobNotFound:
            return None

    def queue_position(self, job: Job) -> int | None:
        """1 for the next one, None for a job that does not wait."""
        before = self._run("position", job.id, job.queue)
        return None if before is None else int(before) + 1

    def counts(self) -> Counts:
        """How many jobs wait and run now."""
        processing, *queues = self._run("counts", *Queue)
        queued: dict[str, int] = {
            queue: int(waiting) for queue, (waiting, _) in zip(Queue, queues, strict=True)
        }
        return Counts(queued, processing=int(processing))

    def bells_wanted(self, queue: Queue) -> int:
        """How many bells have to be rung so that as many sound as jobs wait, up to MAX_BELLS."""
        _, (waiting, bells) = self._run("counts", queue)
        return max(0, min(int(waiting), MAX_BELLS) - int(bells))

    def request_cancel(self, job_id: str, tenant: str) -> Job:
        """Cancel a waiting job at once; flag a running one for its worker.

        Raises JobNotFound or JobExpired, and JobFinished when it is terminal.
        """
        answer = self._run("cancel", job_id, tenant, self._ttl_ms)
        if not answer:
            raise self.missing(job_id, tenant)
        status, flat = JobStatus(answer[0].decode()), answer[1]
        if status.terminal:
            raise JobFinished(job_id, status)
        return Job.from_flat(job_id.encode(), flat)

    def delete(self, job_id: str, tenant: str) -> None:
        """Remove the record with its upload and its result; raises JobNotFound or JobExpired."""
        if not self._run("delete", job_id, tenant):
            raise self.missing(job_id, tenant)


def hashed(tenant: str, idempotency_key: str) -> str:
    """What is stored in place of an idempotency key."""
    return sha256(f"{tenant}\n{idempotency_key}".encode()).hexdigest()
