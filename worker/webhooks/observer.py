"""Sees every try of a delivery: for metrics and for traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from core.errors import StoreError
from core.store.outbox import Parcel
from core.store.webhook_records import DeliveryState, Try
from core.telemetry.traces import Traces

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)


class SenderMetrics:
    """The metrics of one sender, in a registry of its own. No label names a receiver."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._tries = Counter(
            "deepfake_webhook_tries",
            "Tries by what became of the delivery: delivered, waiting for the next try, or failed.",
            ("outcome",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "deepfake_webhook_try_duration_seconds",
            "Of one try.",
            buckets=_SECONDS,
            registry=self.registry,
        )

    def tried(self, state: DeliveryState, seconds: float) -> None:
        self._tries.labels(state.value).inc()
        self._seconds.observe(seconds)

    def watch(self, overdue_s: Callable[[], float]) -> None:
        """Show too for how long something has been due, as it is when somebody asks."""
        self.registry.register(_Overdue(overdue_s))


class _Overdue:
    def __init__(self, overdue_s: Callable[[], float]) -> None:
        self._overdue_s = overdue_s

    def collect(self) -> Iterator[Metric]:
        """Nothing while Redis is away."""
        try:
            overdue_s = self._overdue_s()
        except StoreError:
            return
        yield GaugeMetricFamily(
            "deepfake_webhooks_overdue_seconds",
            "For how long a delivery has been due that no sender has looked at.",
            value=overdue_s,
        )


class SenderObserver:
    """Makes a metric and a span of each try."""

    def __init__(self, metrics: SenderMetrics, traces: Traces) -> None:
        self._metrics = metrics
        self._traces = traces

    def tried(self, parcel: Parcel, state: DeliveryState, done: Try) -> None:
        """A try is over. Its span is below that of the request which made the job."""
        self._metrics.tried(state, done.ms / 1000)
        job = parcel.message.job
        parent = None if job is None else job.traceparent
        span = self._traces.begin("webhook", parent, start_s=done.at.timestamp())
        span.describe(delivery=parcel.delivery.id, attempt=parcel.delivery.attempts)
        failed = state is not DeliveryState.DELIVERED
        span.end(error=f"the delivery is {state}" if failed else None)
