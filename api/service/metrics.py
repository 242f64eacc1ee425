"""What a gateway counts; :mod:`core.telemetry.metrics_server` shows it to Prometheus.

No label holds what a caller chose: no path, no tenant, no name of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from api.slots import Slots
from core.errors import StoreError
from core.store.census import Census, CensusTaker
from core.store.records import Job

_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"))
_LABELS: Final = ("method", "route", "status", "waiting")


class GatewayMetrics:
    """The metrics of one gateway, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._seconds = Histogram(
            "deepfake_http_request_duration_seconds",
            "Time to the end of the answer; waiting tells long polls (poll) and event streams "
            "(stream), which last as long as the client wants, from the others (none).",
            _LABELS,
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._problems = Counter(
            "deepfake_http_problems",
            "Answers that were a problem, by its type.",
            ("type",),
            registry=self.registry,
        )
        self._received = Counter(
            "deepfake_http_request_bytes",
            "Bytes of the bodies of requests that were read.",
            registry=self.registry,
        )
        self._open = Gauge(
            "deepfake_http_requests_open",
            "Requests that are being answered; waiting as above.",
            ("waiting",),
            registry=self.registry,
        )
        self._made = Counter(
            "deepfake_jobs_made",
            "Jobs that were made here, by who answers: a worker, or the result of an earlier job.",
            ("queue", "answered_by"),
            registry=self.registry,
        )
        # Shown as 0 before the first; kept, since to ask for them by their labels takes longer.
        self._open_of = {each: self._open.labels(each) for each in ("none", "poll", "stream")}
        self._seconds_of = cache(self._seconds.labels)

    def began(self, waiting: str) -> None:
        self._open_of[waiting].inc()

    def ended(self, method: str, route: str, status: int, waiting: str, seconds: float) -> None:
        """Count one answer, by the template of its route."""
        known = method if method in _METHODS else "other"
        self._open_of[waiting].dec()
        self._seconds_of(known, route, str(status), waiting).observe(seconds)

    def problem(self, kind: str) -> None:
        self._problems.labels(kind).inc()

    def made(self, job: Job) -> None:
        """Count a job that did not exist before."""
        by = "stored_result" if job.status.terminal else "worker"
        self._made.labels(job.queue.value, by).inc()

    def received(self, size: int) -> None:
        self._received.inc(size)

    @contextmanager
    def watching(self, census: CensusTaker, uploads: Slots) -> Iterator[None]:
        """Show the store and the uploads under way too, as they are when somebody asks."""
        collector = _Collector(census, uploads)
        self.registry.register(collector)
        try:
            yield
        finally:
            self.registry.unregister(collector)


class _Collector:
    """What is not counted but looked at; of the store, every gateway tells the same."""

    def __init__(self, census: CensusTaker, uploads: Slots) -> None:
        self._census = census
        self._uploads = uploads

    def collect(self) -> Iterator[Metric]:
        """One call of Redis; while Redis is away, only that it is."""
        yield GaugeMetricFamily(
            "deepfake_uploads_open", "Uploads under way here.", value=self._uploads.taken
        )
        up = GaugeMetricFamily("deepfake_store_up", "1 when Redis answered for this page, else 0.")
        try:
            census = self._census.take()
        except StoreError:
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        yield from _whole(census)
        yield from _queues(census)


def _whole(census: Census) -> Iterator[Metric]:
    for name, told, value in (
        ("deepfake_jobs_running", "Jobs that workers have at work.", census.running),
        ("deepfake_bytes_in_flight", "Bytes of all uploads that are kept.", census.bytes_in_flight),
        ("deepfake_evidence_bytes", "Bytes of all evidence that is kept.", census.evidence_bytes),
        ("deepfake_workers_live", "Workers whose heartbeat has not run out.", census.workers),
        ("deepfake_workers_slots", "Jobs that the live workers can run at once.", census.slots),
    ):
        yield GaugeMetricFamily(name, told, value=value)


def _queues(census: Census) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("deepfake_jobs_queued", "Jobs that wait.", labels=("queue",))
    oldest = GaugeMetricFamily(
        "deepfake_queue_oldest_seconds",
        "The longest wait among the next 32 jobs of the queue; 0 when none waits.",
        labels=("queue",),
    )
    for queue, waiting in census.queues.items():
        jobs.add_metric((queue,), waiting.jobs)
        oldest.add_metric((queue,), waiting.oldest_s)
    yield jobs
    yield oldest
