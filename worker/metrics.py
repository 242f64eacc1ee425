"""What a worker counts; :mod:`core.telemetry.metrics_server` shows it to Prometheus.

No label holds what a caller chose. The share of inconclusive verdicts, that of files without a
face, and the probabilities tell when files come that are unlike those of before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from core.result import Label, Result
from core.store.records import Job
from core.store.workers import ModelIdentity
from worker.outcome import Outcome

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600)
_CROPS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
_TENTHS: Final = tuple(tenth / 10 for tenth in range(1, 11))
_REAPED: Final = ("requeued", "failed", "canceled")  # the actions of core.store.records.Reaped


class WorkerMetrics:
    """The metrics of one worker, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._ended = self._counter("jobs_ended", "Jobs that this worker ended.", "status", "queue")
        self._failures = self._counter("job_failures", "Jobs that failed, by their error.", "code")
        self._lost = self._counter(
            "attempts_lost",
            "Attempts that the store took from this worker before their end.",
        )
        self._reaped = self._counter(
            "jobs_reaped", "Jobs of lost workers, by what this worker did with them.", "action"
        )
        self._verdicts = self._counter("verdicts", "Verdicts on files.", "verdict")
        self._reasons = self._counter(
            "verdict_reasons", "Why verdicts were inconclusive; one may have several.", "reason"
        )
        self._probability = self._histogram(
            "fake_probability", "Of the files in which a face was scored.", _TENTHS
        )
        self._stages = self._histogram(
            "stage_duration_seconds", "Of each stage that a job went through.", _SECONDS, "stage"
        )
        self._batches = self._histogram("batch_crops", "Crops in a run of the network.", _CROPS)
        self._busy = self._counter("slot_busy_seconds", "Time that slots spent on jobs.")
        self._model = Gauge(
            "deepfake_model_info",
            "The models that this worker holds, by what they judge; always 1.",
            ("judges", "name", "version", "sha256", "runtime"),
            registry=self.registry,
        )
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Prometheus sees no increase in a counter that is first there with a value above zero."""
        for action in _REAPED:
            self._reaped.labels(action)
        for label in Label:
            self._verdicts.labels(label)

    def ended(self, job: Job, outcome: Outcome) -> None:
        """Count a job that came to its end here."""
        self._ended.labels(outcome.status.value, job.queue.value).inc()
        for stage in outcome.timeline.stages:
            self._stages.labels(stage.name).observe(stage.seconds)
        if outcome.error is not None and outcome.result is None:
            self._failures.labels(str(outcome.error["code"])).inc()
        if outcome.judged is not None:
            self._judged(outcome.judged)

    def _judged(self, result: Result) -> None:
        self._verdicts.labels(result.verdict).inc()
        for reason in result.reasons:
            self._reasons.labels(reason).inc()
        if result.fake_probability is not None:
            self._probability.observe(result.fake_probability)

    def lost(self) -> None:
        self._lost.inc()

    def reaped(self, action: str) -> None:
        self._reaped.labels(action).inc()

    def batch(self, crops: int) -> None:
        self._batches.observe(crops)

    def busy(self, seconds: float) -> None:
        self._busy.inc(seconds)

    def holds(self, models: tuple[ModelIdentity, ModelIdentity | None]) -> None:
        """Tell which model judges images and which one videos, where that is another."""
        images, videos = models
        for judges, model in (("images", images), ("videos", videos or images)):
            self._model.labels(judges=judges, **asdict(model)).set(1)

    def watch(
        self, *, slots: int, at_work: Callable[[], int], decoders_replaced: Callable[[], int]
    ) -> None:
        """Show too what is looked at when somebody asks."""
        self.registry.register(_Looked(slots, at_work, decoders_replaced))

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"deepfake_{name}", told, labels, registry=self.registry)

    def _histogram(
        self, name: str, told: str, buckets: tuple[float, ...], *labels: str
    ) -> Histogram:
        return Histogram(f"deepfake_{name}", told, labels, buckets=buckets, registry=self.registry)


class _Looked:
    def __init__(
        self, slots: int, at_work: Callable[[], int], decoders_replaced: Callable[[], int]
    ) -> None:
        self._slots = slots
        self._at_work = at_work
        self._replaced = decoders_replaced

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("deepfake_slots", "Jobs that it can run at once.", self._slots)
        yield GaugeMetricFamily("deepfake_slots_at_work", "Jobs that it runs now.", self._at_work())
        yield CounterMetricFamily(
            "deepfake_decoders_replaced", "Decoders that were replaced.", self._replaced()
        )
