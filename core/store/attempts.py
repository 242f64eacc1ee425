"""The worker's side of jobs: take the next one, keep it, end it.

Every change is one Lua script that is fenced by the attempt: a late duplicate of a lost worker can
never overwrite what a newer attempt wrote.

Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from redis import Redis

from core.errors import WorkerLost
from core.options import Queue
from core.store.keys import PREFIX
from core.store.quarantine import Quarantine
from core.store.records import (
    Job,
    JobStatus,
    JsonObject,
    KeptEvidence,
    LeaseState,
    Progress,
    Reaped,
    error_object,
    summary_of,
)
from core.store.scripts import Scripts

CRASH_TTL_MS: Final = 24 * 3600 * 1000


class Attempts:
    """Jobs at work.

    ``ttl_s`` is the life of a record after its last change, and of its upload until the end
    of the job. ``max_attempts`` is also the number of crashes that quarantines a file.
    ``tenant_running`` is how many jobs of one tenant may run at one time, at all workers; None
    is no limit.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        ttl_s: float = 24 * 3600.0,
        lease_s: float = 15.0,
        max_attempts: int = 3,
        tenant_running: int | None = None,
        prefix: str = PREFIX,
    ) -> None:
        self._ttl_ms = int(ttl_s * 1000)
        self._lease_ms = int(lease_s * 1000)
        self._max_attempts = max_attempts
        self._tenant_running = "" if tenant_running is None else tenant_running
        self._lost = json.dumps(error_object(WorkerLost(attempts=max_attempts)))
        self.quarantine = Quarantine(redis, max_crashes=max_attempts, prefix=prefix)
        verbs = ("take", "renew", "stage", "finish", "release", "reap")
        self._run = Scripts(redis, "job", verbs, prefix=prefix)

    def take(
        self, worker_id: str, queues: Iterable[Queue] = tuple(Queue), *, busy: bool = False
    ) -> Job | None:
        """Start the next attempt under a lease: of the first queue in which a job waits.

        Within a queue tenants take turns. None when nothing waits that may run. A job that was
        at work when its worker was lost has to run alone: while it is the next one, a ``busy``
        worker (one that has other jobs at work) gets None too.
        """
        served = sorted(queues, key=list(Queue).index)
        settings = (self._lease_ms, self._ttl_ms, int(busy), self._tenant_running)
        answer = self._run("take", worker_id, *settings, *served)
        return Job.from_flat(*answer) if answer else None

    def renew(self, job_id: str, attempt: int, progress: Progress | None = None) -> LeaseState:
        """The heartbeat; ``held`` is False once the job is deleted, reaped or finished.

        It carries how far the attempt has come, so that progress costs no call of its own and
        is written no oftener than leases are renewed. It counts while the record is still in
        the stage that it speaks of.
        """
        told = ("", "") if progress is None else (progress.stage, progress.to_text())
        held, cancel = self._run("renew", job_id, attempt, self._lease_ms, self._ttl_ms, *told)
        return LeaseState(held=bool(held), cancel_requested=bool(cancel))

    def set_stage(self, job_id: str, attempt: int, stage: str, *, total: int = 0) -> bool:
        """Say what the attempt does now, ``decode`` or ``infer``; False when it is stale.

        ``total`` is how many frames or crops there are to do in it; 0 for unknown.

        An attempt that is lost before it said so for the first time had not touched the
        file yet: it counts neither as an attempt nor as a crash.
        """
        return bool(self._run("stage", job_id, attempt, self._ttl_ms, stage, total))

    def finish(
        self,
        job_id: str,
        attempt: int,
        *,
        status: JobStatus,
        result: JsonObject | None = None,
        error: JsonObject | None = None,
        media_info: JsonObject | None = None,
        provenance: JsonObject | None = None,
        evidence: KeptEvidence | None = None,
    ) -> bool:
        """Write the terminal state and delete the upload; False when the attempt is stale.

        ``evidence`` tells what :class:`core.store.evidence.EvidenceStore` has kept; only a job
        that succeeds has any left afterwards.

        A job whose cancel was requested ends as canceled, whatever its attempt came to.
        """
        if not status.terminal:
            raise ValueError(f"Job {job_id} cannot finish as {status}: that is no terminal state.")
        kept = None if evidence is None else evidence.to_json()
        summary = None if result is None else summary_of(result)
        parts = {
            "result": result,
            "summary": summary,
            "error": error,
            "media_info": media_info,
            "provenance": provenance,
            "evidence": kept,
        }
        fields = [
            text
            for name, value in parts.items()
            if value is not None
            for text in (name, json.dumps(value, allow_nan=False))
        ]
        if summary is not None and "verdict" in summary:
            fields += ["verdict", summary["verdict"]]  # as it is, for the scripts that compare it
        return bool(self._run("finish", job_id, attempt, self._ttl_ms, status, *fields))

    def release(self, job_id: str, attempt: int) -> bool:
        """Give the job back unfinished, because this process ends; the attempt does not count.

        True when it waits again; False when the attempt is stale, or when a requested cancel
        ended the job here.
        """
        answer = self._run("release", job_id, attempt, self._ttl_ms, "", self._lost)
        return bool(answer == b"requeued")

    def give_up(self, job_id: str, attempt: int, error: JsonObject) -> bool:
        """Give the job back because this attempt went wrong; it counts.

        The job runs again, or fails with ``error`` when that was its last attempt. False when
        the attempt is stale.
        """
        arguments = (self._ttl_ms, self._max_attempts, json.dumps(error))
        return bool(self._run("release", job_id, attempt, *arguments))

    def reap(self) -> list[Reaped]:
        """End or requeue every job whose worker was lost; safe to run in several workers.

        To be called at least every quarter of ``lease_s``: when no worker could for half of
        it, Redis was away, and all leases begin anew.

        Only the job that can have brought the worker down is charged with an attempt and a
        crash: the only one in inference, or the only one at work when none was in inference.
        """
        arguments = (self._lease_ms, self._max_attempts, self._ttl_ms, CRASH_TTL_MS, self._lost)
        return [
            Reaped(job_id.decode(), action.decode())
            for job_id, action in self._run("reap", *arguments)
        ]
