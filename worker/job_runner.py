"""One job from its id to its terminal record: fetch, decode, infer, write."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from core.errors import (
    BlobMissing,
    DecoderCrashed,
    DeepfakeError,
    FileQuarantined,
    InferenceFailed,
)
from core.evidence import Evidence, ExtractOptions
from core.media.limits import MediaLimits
from core.model.bundle import Bundle, RuntimeName
from core.options import Sampling
from core.pipeline.judgement import Scorer, judge
from core.pipeline.report import media_facts_of
from core.store.blobs import BlobStore
from core.store.jobs import Job, JobStatus, JobStore, error_object
from worker.lease import JobCanceled, LeaseLost, Leases, RunningJob

logger = logging.getLogger(__name__)


class Extractor(Protocol):
    """Whatever turns an upload into evidence: :class:`worker.decoder.pool.DecoderPool`."""

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,
        options: ExtractOptions,
        *,
        deadline_s: float,
        check: Callable[[], None],
    ) -> Evidence:
        """See :meth:`worker.decoder.pool.Decoder.extract`."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """What a verdict needs to know of the detector besides its scores."""

    scorer: Scorer
    bundle: Bundle
    runtime: RuntimeName


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """The bounds of one job."""

    media: MediaLimits
    decode_deadline_s: float


class JobRunner:
    """Runs jobs, from several threads at once. No outcome of a job is an exception of it.

    Once a job is claimed, an absence of Redis only delays it: the attempt waits, and goes on
    unless its lease turns out to be lost.
    """

    def __init__(
        self,
        store: JobStore,
        blobs: BlobStore,
        leases: Leases,
        decoders: Extractor,
        model: Model,
        limits: RunnerLimits,
        *,
        worker_id: str,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._leases = leases
        self._decoders = decoders
        self._model = model
        self._limits = limits
        self._worker_id = worker_id

    def run(self, job_id: str) -> None:
        """Judge a job to its end. Raises :class:`StoreUnavailable` when it cannot be claimed."""
        job = self._store.claim(job_id, self._worker_id)
        if job is None:
            logger.info("%s is not waiting; its message is a duplicate", job_id)
            return
        with self._leases.hold(job) as running:
            try:
                self._run_claimed(running)
            except LeaseLost:
                logger.warning("%s no longer belongs to attempt %d", job.id, job.attempt)
            except BaseException:
                # The process is going down under us: give the job back, then go along.
                self._store.release(job.id, job.attempt)
                raise

    def _run_claimed(self, running: RunningJob) -> None:
        job, outcome = running.job, _Outcome()
        try:
            running.outlast(lambda: self._check_quarantine(job))
            self._judge(running, outcome)
        except JobCanceled:
            outcome.status = JobStatus.CANCELED
        except LeaseLost:
            raise
        except DeepfakeError as error:
            outcome.fail(error_object(error))
        except MemoryError:
            logger.exception("%s: the worker is out of memory", job.id)
            failed = InferenceFailed("The worker ran out of memory; the file may be fine.")
            outcome.fail(error_object(failed))
        except Exception:
            reference = secrets.token_hex(6)
            logger.exception("%s failed unexpectedly (reference %s)", job.id, reference)
            message = f"An unexpected error; the worker's log has it under {reference}."
            outcome.fail({"code": DeepfakeError.code, "message": message, "retryable": False})
        running.outlast(lambda: self._finish(job, outcome))

    def _check_quarantine(self, job: Job) -> None:
        if self._store.quarantined(job.media.sha256):
            crashes = self._store.crashes(job.media.sha256)
            raise FileQuarantined(sha256=job.media.sha256, crashes=crashes)

    def _judge(self, running: RunningJob, outcome: _Outcome) -> None:
        job = running.job
        started = job.started_at or job.created_at
        queued_ms = (started - job.created_at).total_seconds() * 1000
        fetch = _Fetch(self._blobs, job)
        evidence = running.outlast(lambda: self._extract(running, fetch))
        outcome.media_info = media_facts_of(evidence).to_json()
        running.outlast(lambda: self._enter(running, "infer"))
        outcome.result = judge(
            evidence,
            self._model.scorer,
            self._model.bundle,
            self._model.runtime,
            {"queued": round(queued_ms), "fetch": round(fetch.elapsed_ms)},
        ).to_json()
        outcome.status = JobStatus.SUCCEEDED
        running.check()

    def _enter(self, running: RunningJob, stage: str) -> None:
        running.check()
        if not self._store.set_stage(running.job.id, running.job.attempt, stage):
            raise LeaseLost(running.job.id)

    def _extract(self, running: RunningJob, fetch: _Fetch) -> Evidence:
        self._enter(running, "decode")  # comes first: while Redis is away no decoder is spent
        try:
            return self._extract_once(running, fetch)
        except DecoderCrashed as error:
            if error.reported:
                raise
            logger.warning("%s: %s Once more in a fresh decoder.", running.job.id, error)
        return self._extract_once(running, fetch)

    def _extract_once(self, running: RunningJob, fetch: _Fetch) -> Evidence:
        job = running.job
        options = ExtractOptions(
            frames=job.options.frames,
            sampling=Sampling(job.options.sampling),
            crop_size=self._model.bundle.manifest.input.size,
            limits=self._limits.media,
        )
        return self._decoders.extract(
            fetch.chunks(),
            job.media.size,
            options,
            deadline_s=self._limits.decode_deadline_s,
            check=running.check,
        )

    def _finish(self, job: Job, outcome: _Outcome) -> None:
        """Write the end of the job, which also ends its upload."""
        if not self._store.finish(job.id, job.attempt, **outcome.fields()):
            raise LeaseLost(job.id)
        logger.info("%s %s in attempt %d", job.id, outcome.status, job.attempt)


class _Outcome:
    """What there is to write about a job at its end."""

    def __init__(self) -> None:
        self.status = JobStatus.FAILED
        self.result: dict[str, Any] | None = None
        self.error: dict[str, Any] | None = None
        self.media_info: dict[str, Any] | None = None

    def fail(self, error: dict[str, Any]) -> None:
        self.status, self.error = JobStatus.FAILED, error

    def fields(self) -> dict[str, Any]:
        succeeded = self.status is JobStatus.SUCCEEDED
        return {
            "status": self.status,
            "result": self.result if succeeded else None,
            "error": self.error,
            "media_info": self.media_info,
        }


class _Fetch:
    """Reads a job's upload and notes how long that took."""

    def __init__(self, blobs: BlobStore, job: Job) -> None:
        self._blobs = blobs
        self._media = job.media
        self.elapsed_ms = 0.0

    def chunks(self) -> Iterator[bytes]:
        """The bytes, exactly as many as were uploaded; raises :class:`BlobMissing`."""
        self.elapsed_ms, sent = 0.0, 0
        started = time.perf_counter()
        for chunk in self._blobs.read(self._media.blob_id):
            self.elapsed_ms += (time.perf_counter() - started) * 1000
            sent += len(chunk)
            yield chunk
            started = time.perf_counter()
        if sent != self._media.size:
            raise BlobMissing(self._media.blob_id)
