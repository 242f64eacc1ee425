"""The one truth about jobs: records in Redis, changed only by fenced Lua scripts.

Every change is one script of ``core/lua``: it compares the status and the attempt, takes
the time from Redis, raises the revision and publishes the job's id on ``df:job-events``.
A late duplicate of a lost worker can therefore never overwrite what a newer attempt wrote.

A job owns its upload: whatever lets the record live longer does so for the bytes too, and
the script that ends the job deletes them.

Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from redis import Redis

from core.errors import BlobMissing, JobFinished, JobNotFound, WorkerLost
from core.store.broker import QUEUES, published_job_ids
from core.store.connection import store_errors
from core.store.records import (
    Counts,
    Job,
    JobOptions,
    JobStatus,
    JsonObject,
    LeaseState,
    MediaRef,
    Queue,
    Reaped,
    error_object,
    new_job_id,
)
from core.store.scripts import load_script

__all__ = [
    "Counts",
    "Job",
    "JobOptions",
    "JobStatus",
    "JobStore",
    "JsonObject",
    "LeaseState",
    "MediaRef",
    "Queue",
    "Reaped",
    "error_object",
    "new_job_id",
]

IDEMPOTENCY_TTL_MS: Final = 24 * 3600 * 1000
CRASH_TTL_MS: Final = 24 * 3600 * 1000
_SCRIPTS: Final = (
    "create", "claim", "renew", "stage", "finish", "release", "cancel", "delete", "overdue", "reap",
)  # fmt: skip


class JobStore:
    """Jobs by id.

    ``ttl_s`` is the life of a record after its last change, and of its upload until the end
    of the job. ``max_attempts`` is also the number of crashes that quarantines a file.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        ttl_s: float = 24 * 3600.0,
        lease_s: float = 15.0,
        max_attempts: int = 3,
        prefix: str = "df:",
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._ttl_ms = int(ttl_s * 1000)
        self._lease_ms = int(lease_s * 1000)
        self._max_attempts = max_attempts
        self._prefix = prefix
        self._scripts = {
            name: redis.register_script(load_script(f"job_{name}")) for name in _SCRIPTS
        }

    @property
    def events_channel(self) -> str:
        """The pub/sub channel that carries the id of every job that changed."""
        return f"{self._prefix}job-events"

    # -- the client's side ---------------------------------------------------------------

    def create(self, job: Job, *, idempotency_key: str | None = None) -> Job:
        """Store a queued job, which takes its upload over, and return it as stored.

        When the tenant used the key within 24 h and that job is still there, nothing is
        stored and *that* job is returned: its id differs from ``job.id``. Raises BlobMissing
        when the upload is gone.

        When this raises StoreUnavailable, the job may be stored all the same: then it runs,
        and the key finds it.
        """
        fields = [part for pair in job.to_fields().items() for part in pair]
        scoped = "" if idempotency_key is None else _scoped(job.tenant, idempotency_key)
        key = (scoped, IDEMPOTENCY_TTL_MS)
        stored = self._run("create", job.id, self._ttl_ms, job.media.blob_id, *key, *fields)
        if not stored:
            raise BlobMissing(job.media.blob_id)
        return self.get(stored.decode(), tenant=job.tenant)

    @store_errors()
    def find_idempotent(self, tenant: str, idempotency_key: str) -> Job | None:
        """The job that the tenant made with this key within 24 h, if it is still there."""
        scoped = _scoped(tenant, idempotency_key)
        job_id = self._redis.get(f"{self._prefix}idempotency:{scoped}")
        try:
            return None if job_id is None else self.get(job_id.decode(), tenant=tenant)
        except JobNotFound:
            return None

    @store_errors()
    def get(self, job_id: str, *, tenant: str | None = None) -> Job:
        """The record; raises JobNotFound, also when it is another tenant's."""
        fields: dict[bytes, bytes] = self._redis.hgetall(f"{self._prefix}job:{job_id}")
        if not fields or (tenant is not None and fields[b"tenant"].decode() != tenant):
            raise JobNotFound(job_id)
        return Job.from_fields(job_id, fields)

    @store_errors()
    def queue_position(self, job: Job) -> int | None:
        """1 for the next one, None for a job that does not wait."""
        rank = self._redis.zrank(self._line(job.queue), job.id)
        return None if rank is None else int(rank) + 1

    @store_errors()
    def counts(self) -> Counts:
        """How many jobs wait and run now."""
        queued = {queue: int(self._redis.zcard(self._line(queue))) for queue in QUEUES}
        return Counts(queued, processing=int(self._redis.zcard(f"{self._prefix}leases")))

    def request_cancel(self, job_id: str, tenant: str) -> Job:
        """Cancel a waiting job at once; flag a running one for its worker.

        Raises JobNotFound, and JobFinished when it is terminal.
        """
        status = self._run("cancel", job_id, tenant, self._ttl_ms).decode()
        if not status:
            raise JobNotFound(job_id)
        if JobStatus(status).terminal:
            raise JobFinished(job_id, status)
        return self.get(job_id, tenant=tenant)

    def delete(self, job_id: str, tenant: str) -> None:
        """Remove the record with its upload and its result; raises JobNotFound."""
        if not self._run("delete", job_id, tenant):
            raise JobNotFound(job_id)

    # -- the worker's side ---------------------------------------------------------------

    def claim(self, job_id: str, worker_id: str) -> Job | None:
        """Start the next attempt under a lease; None when the message is a duplicate."""
        flat = self._run("claim", job_id, worker_id, self._lease_ms, self._ttl_ms)
        if not flat:
            return None
        return Job.from_fields(job_id, dict(zip(flat[::2], flat[1::2], strict=True)))

    def renew(self, job_id: str, attempt: int) -> LeaseState:
        """The heartbeat; ``held`` is False once the job is deleted, reaped or finished."""
        held, cancel = self._run("renew", job_id, attempt, self._lease_ms, self._ttl_ms)
        return LeaseState(held=bool(held), cancel_requested=bool(cancel))

    def set_stage(self, job_id: str, attempt: int, stage: str) -> bool:
        """Say what the attempt does now; False when it is stale.

        An attempt that is lost before it said so for the first time had not touched the
        file yet: it counts neither as an attempt nor as a crash.
        """
        return bool(self._run("stage", job_id, attempt, self._ttl_ms, stage))

    def finish(
        self,
        job_id: str,
        attempt: int,
        *,
        status: JobStatus,
        result: JsonObject | None = None,
        error: JsonObject | None = None,
        media_info: JsonObject | None = None,
    ) -> bool:
        """Write the terminal state and delete the upload; False when the attempt is stale."""
        if not status.terminal:
            raise ValueError(f"Job {job_id} cannot finish as {status}: that is no terminal state.")
        parts = {"result": result, "error": error, "media_info": media_info}
        fields = [
            text
            for name, value in parts.items()
            if value is not None
            for text in (name, json.dumps(value, allow_nan=False))
        ]
        return bool(self._run("finish", job_id, attempt, self._ttl_ms, status, *fields))

    def release(self, job_id: str, attempt: int) -> bool:
        """Give the job back unfinished (a drain); this attempt does not count.

        True when it waits again and needs a new message; False when the attempt is stale,
        or when a requested cancel ended the job here.
        """
        return bool(self._run("release", job_id, attempt, self._ttl_ms))

    # -- recovery ------------------------------------------------------------------------

    def reap(self) -> list[Reaped]:
        """End or requeue every job whose lease ran out; safe to run in several workers.

        To be called at least every quarter of ``lease_s``: when no worker could for half of
        it, Redis was away, and all leases begin anew.
        """
        reaped = []
        for job_id in map(bytes.decode, self._run("overdue", "", self._lease_ms)):
            try:
                job = self.get(job_id)
            except JobNotFound:
                continue
            error = json.dumps(error_object(WorkerLost(attempts=job.attempt)))
            arguments = (job.attempt, self._max_attempts, self._ttl_ms, CRASH_TTL_MS, error)
            if action := self._run("reap", job_id, *arguments).decode():
                reaped.append(Reaped(job_id, job.queue, action))
        return reaped

    @store_errors()
    def lost_messages(self, older_than_s: float) -> list[tuple[str, Queue]]:
        """Jobs that wait longer than this without a message on their broker queue.

        That is the trace of a gateway that died between record and message, or of a queue
        that was flushed. A message in flight can be missed and published twice: claim()
        makes the second one harmless.
        """
        seconds, _ = self._redis.time()
        newest_ms = (seconds - older_than_s) * 1000
        lost: list[tuple[str, Queue]] = []
        for queue in QUEUES:
            waiting = self._redis.zrangebyscore(self._line(queue), "-inf", newest_ms)
            if waiting:
                published = set(published_job_ids(self._redis, queue))
                lost += [(job.decode(), queue) for job in waiting if job not in published]
        return lost

    @store_errors()
    def crashes(self, sha256: str) -> int:
        """How many workers the file brought down within 24 h."""
        return int(self._redis.get(f"{self._prefix}crashes:{sha256}") or 0)

    def quarantined(self, sha256: str) -> bool:
        """True when the file has brought down ``max_attempts`` workers."""
        return self.crashes(sha256) >= self._max_attempts

    def _line(self, queue: str) -> str:
        return f"{self._prefix}queued:{queue}"

    @store_errors()
    def _run(self, script: str, job_id: str, *arguments: str | int) -> Any:
        return self._scripts[script](args=[self._prefix, job_id, *arguments])


def _scoped(tenant: str, idempotency_key: str) -> str:
    return sha256(f"{tenant}\n{idempotency_key}".encode()).hexdigest()
