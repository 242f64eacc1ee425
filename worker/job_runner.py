"""One job from its id to its terminal record: fetch, decode, infer, write."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.errors import (
    DecoderCrashed,
    DeepfakeError,
    InferenceFailed,
)
from core.evidence import Evidence, ExtractOptions
from core.media.limits import MediaLimits
from core.options import Sampling
from core.pipeline.judgement import judge
from core.pipeline.judges import Judges
from core.pipeline.report import media_facts_of
from core.provenance import Provenance
from core.result import Result
from core.store.attempts import Attempts
from core.store.blobs import BlobStore
from core.store.records import Job, JobStatus, error_object
from worker.evidence import NOT_KEPT, EvidenceKeeper, MapScorer
from worker.fetch import Fetch
from worker.lease import JobCanceled, LeaseLost, RunningJob
from worker.observer import Attempt, JobObserver
from worker.outcome import Outcome, unexpected
from worker.progress import CountedScorer, frame_counter, frames_of

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
        on_frame: Callable[[int], None] = lambda _: None,
        on_provenance: Callable[[Provenance], None] | None = None,
    ) -> Evidence:
        """See :meth:`worker.decoder.pool.DecoderPool.extract`."""
        ...


@dataclass(frozen=True, slots=True)
class RunnerLimits:
    """The bounds of one job."""

    media: MediaLimits
    decode_deadline_s: float
    crops_at_once: int = 32  # that the scorer takes in one run


class JobRunner:
    """Runs jobs, from several threads at once. Never raises because of a job's outcome.

    Once a job is taken, an absence of Redis only delays it: the attempt waits, and goes on
    unless its lease turns out to be lost.
    """

    def __init__(
        self,
        attempts: Attempts,
        blobs: BlobStore,
        decoders: Extractor,
        judges: Judges,
        limits: RunnerLimits,
        keeper: EvidenceKeeper,
        observer: JobObserver | None = None,
    ) -> None:
        self._attempts = attempts
        self._blobs = blobs
        self._decoders = decoders
        self._judges = judges
        self._limits = limits
        self._keeper = keeper
        self._observer = observer or JobObserver()

    def run(self, running: RunningJob) -> None:
        """Judge a job to its end and write what came of it."""
        with self._observer.observed(running.job) as attempt:
            self._run(running, attempt)

    def _run(self, running: RunningJob, attempt: Attempt) -> None:
        job = running.job
        try:
            attempt.outcome = self._write(running, self._outcome_of(running))
        except LeaseLost:
            logger.warning("%s no longer belongs to attempt %d", job.id, job.attempt)
        except (SystemExit, KeyboardInterrupt, GeneratorExit):
            # The process is going down under us: give the job back, then go along.
            self._attempts.release(job.id, job.attempt)
            raise

    def _outcome_of(self, running: RunningJob) -> Outcome:
        job, outcome = running.job, Outcome()
        try:
            running.outlast(lambda: self._attempts.quarantine.check(job.tenant, job.media.sha256))
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
            outcome.fail(unexpected(reference))
        return outcome

    def _write(self, running: RunningJob, outcome: Outcome) -> Outcome:
        """Write the end of the job, which also ends its upload; what was written.

        A result that cannot be written makes the job fail with an error that can. Where not
        even that can be written, the attempt is given up and counts, so that the job ends.
        """
        job = running.job
        try:
            running.outlast(lambda: self._finish(job, outcome))
            return outcome
        except LeaseLost:
            raise
        except Exception:
            reference = secrets.token_hex(6)
            logger.exception("%s cannot be written (reference %s)", job.id, reference)
            error = unexpected(reference)
        failed = Outcome(error)
        try:
            running.outlast(lambda: self._finish(job, failed))
        except LeaseLost:
            raise
        except Exception:
            logger.exception("%s cannot be ended; attempt %d is given up", job.id, job.attempt)
            running.outlast(lambda: self._attempts.give_up(job.id, job.attempt, error))
        return failed

    def _judge(self, running: RunningJob, outcome: Outcome) -> None:
        job = running.job
        started = job.started_at or job.created_at
        # The clock of Redis may have been set back in between.
        queued_ms = max(0.0, (started - job.created_at).total_seconds() * 1000)
        outcome.timeline.one_after_another(job.created_at.timestamp(), queued=queued_ms)
        fetch = Fetch(self._blobs, job)
        began_s = time.time()
        evidence = running.outlast(lambda: self._extract(running, fetch, outcome))
        outcome.timeline.one_after_another(
            began_s, fetch=fetch.elapsed_ms, decode=evidence.decode_ms, faces=evidence.faces_ms
        )
        outcome.media_info = media_facts_of(evidence).to_json()
        total = sum(1 for _ in evidence.crops)
        running.outlast(lambda: self._enter(running, "infer", total))
        timings_ms = {"queued": round(queued_ms), "fetch": round(fetch.elapsed_ms)}
        with outcome.timeline.stage("infer"):
            outcome.judged = self._scored(running, evidence, timings_ms, outcome)
        outcome.result = outcome.judged.to_json()
        outcome.status = JobStatus.SUCCEEDED
        running.check()

    def _scored(
        self,
        running: RunningJob,
        evidence: Evidence,
        timings_ms: Mapping[str, int],
        outcome: Outcome,
    ) -> Result:
        model = self._judges.of(evidence.media.kind)
        counted = CountedScorer(model.scorer, running, at_once=self._limits.crops_at_once)
        if not self._keeper.wanted(running.job):
            if running.job.options.evidence:
                outcome.note(NOT_KEPT)
            return judge(evidence, counted, model.bundle, model.runtime, timings_ms)
        scorer = MapScorer(counted)
        result = judge(evidence, scorer, model.bundle, model.runtime, timings_ms)
        running.check()
        started = time.perf_counter()
        self._keeper.keep(running, evidence, scorer.scores, outcome)
        result.timings_ms["evidence"] = round((time.perf_counter() - started) * 1000)
        return result

    def _enter(self, running: RunningJob, stage: str, total: int) -> None:
        running.check()
        job = running.job
        if not self._attempts.set_stage(job.id, job.attempt, stage, total=total):
            raise LeaseLost(running.job.id)

    def _extract(self, running: RunningJob, fetch: Fetch, outcome: Outcome) -> Evidence:
        self._enter(
            running, "decode", frames_of(running.job)
        )  # comes first: while Redis is away no decoder is spent
        try:
            return self._extract_once(running, fetch, outcome)
        except DecoderCrashed as error:
            if error.reported:
                raise
            logger.warning("%s: %s Once more in a fresh decoder.", running.job.id, error)
        return self._extract_once(running, fetch, outcome)

    def _extract_once(self, running: RunningJob, fetch: Fetch, outcome: Outcome) -> Evidence:
        job = running.job
        options = self._judges.cutting(
            ExtractOptions(
                frames=job.options.frames,
                sampling=Sampling(job.options.sampling),
                limits=self._limits.media,
            )
        )
        if self._keeper.wanted(job):
            options = self._keeper.asking(options)
        return self._decoders.extract(
            fetch.chunks(),
            job.media.size,
            options,
            deadline_s=self._limits.decode_deadline_s,
            check=running.check,
            on_frame=frame_counter(running),
            on_provenance=outcome.tell_provenance,
        )

    def _finish(self, job: Job, outcome: Outcome) -> None:
        with outcome.timeline.stage("finish"):
            if not self._attempts.finish(job.id, job.attempt, **outcome.fields()):
                raise LeaseLost(job.id)
        logger.info("%s %s in attempt %d", job.id, outcome.status, job.attempt)
