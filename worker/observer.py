"""Sees every job from the moment it is taken: for the log, for metrics and for traces."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.store.records import Job, JobStatus
from core.telemetry.context import carrying, log_context
from core.telemetry.traceparent import trace_id_of
from core.telemetry.traces import NoTraces, Span, Traces
from worker.metrics import WorkerMetrics
from worker.outcome import Outcome


class JobObserver:
    """One for all jobs of a worker; used from several threads at once."""

    def __init__(self, metrics: WorkerMetrics | None = None, traces: Traces | None = None) -> None:
        self._metrics = metrics or WorkerMetrics()
        self._traces = traces or NoTraces()

    @contextmanager
    def observed(self, job: Job) -> Iterator[Attempt]:
        """Run an attempt within the block; what is logged in it names the job.

        Its span is below that of the request which made the job. The time in the queue is a stage
        of it, which begins before it.
        """
        began_s = time.time()
        span = self._traces.begin("job", job.traceparent)
        attempt = Attempt(span)
        known = {"job_id": job.id, "tenant": job.tenant, "trace_id": trace_id_of(span.traceparent)}
        try:
            with carrying(span.traceparent), log_context(**known):
                yield attempt
        finally:
            self._metrics.busy(max(0.0, time.time() - began_s))
            self._end(job, attempt)

    def _end(self, job: Job, attempt: Attempt) -> None:
        outcome, span = attempt.outcome, attempt.span
        if outcome is None:
            self._metrics.lost()
            span.end(error="the attempt was lost")
            return
        self._metrics.ended(job, outcome)
        for stage in outcome.timeline.stages:
            span.child(stage.name, stage.start_s, stage.end_s)
        span.describe(job=job.id, attempt=job.attempt, status=outcome.status.value)
        if outcome.judged is not None:
            span.describe(verdict=outcome.judged.verdict)
        failed = outcome.status is JobStatus.FAILED and outcome.error is not None
        span.end(error=str(outcome.error["code"]) if failed and outcome.error else None)


class Attempt:
    """One attempt; ``outcome`` is set once it is written."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.outcome: Outcome | None = None
