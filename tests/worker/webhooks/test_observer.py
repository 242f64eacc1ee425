"""What a sender counts, and the span of a delivery."""

from __future__ import annotations

import time

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis import Redis

from core.errors import StoreUnavailable
from core.telemetry.otel import OtelTraces
from core.telemetry.traces import NoTraces
from tests.core.store.webhooks import ended, endpoint
from tests.metrics_page import samples
from tests.worker.webhooks.conftest import RunSender
from tests.worker.webhooks.receiver import Receiver
from worker.webhooks import sender as sender_module
from worker.webhooks.observer import SenderMetrics, SenderObserver

TRIES = "deepfake_webhook_tries_total"
GIVEN = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture(autouse=True)
def looks_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "LOOK_S", 0.02)


def wait_for_tries(metrics: SenderMetrics, number: int) -> dict[tuple[str, ...], float]:
    deadline = time.monotonic() + 20
    while sum((found := samples(metrics.registry, TRIES)).values()) < number:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def test_a_delivery_is_counted_and_is_a_span_in_the_trace_of_its_job(
    redis: Redis, receiver: Receiver, sending: RunSender
) -> None:
    metrics, exporter = SenderMetrics(), InMemorySpanExporter()
    traces = OtelTraces("test", SimpleSpanProcessor(exporter))
    endpoint(redis, receiver.url())
    ended(redis, traceparent=GIVEN)
    with sending(observer=SenderObserver(metrics, traces)):
        assert wait_for_tries(metrics, 1) == {("delivered",): 1}
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.parent is not None) == ("webhook", True)
    assert f"{span.context.trace_id:x}" == "ab" * 16


def test_a_delivery_that_is_given_up_is_counted_try_by_try(
    redis: Redis, sending: RunSender, receiver: Receiver
) -> None:
    metrics = SenderMetrics()
    endpoint(redis, receiver.url("fail"))
    ended(redis)
    with sending(observer=SenderObserver(metrics, NoTraces()), retries_s=(0.0,)):
        assert wait_for_tries(metrics, 2) == {("waiting",): 1, ("failed",): 1}


def test_what_is_overdue_is_shown_unless_the_store_is_away() -> None:
    metrics, away = SenderMetrics(), False

    def overdue_s() -> float:
        if away:
            raise StoreUnavailable("away")
        return 7.0

    metrics.watch(overdue_s)
    assert samples(metrics.registry, "deepfake_webhooks_overdue_seconds") == {(): 7}
    away = True
    assert samples(metrics.registry, "deepfake_webhooks_overdue_seconds") == {}
