from __future__ import annotations

import threading
import time

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from core.telemetry import otel
from core.telemetry.otel import OtelTraces

GIVEN = f"00-{'ab' * 16}-{'cd' * 8}-01"


def test_a_span_carries_on_the_trace_that_it_is_given() -> None:
    exporter = InMemorySpanExporter()
    span = OtelTraces("test", SimpleSpanProcessor(exporter)).begin("request", GIVEN)
    assert span.traceparent is not None
    assert span.traceparent.split("-")[1] == "ab" * 16
    assert span.traceparent != GIVEN
    span.describe(status=202)
    span.end(name="POST /v1/jobs")
    (ended,) = exporter.get_finished_spans()
    assert (ended.name, dict(ended.attributes or {})) == ("POST /v1/jobs", {"deepfake.status": 202})


def test_a_part_that_is_over_has_the_times_that_are_told() -> None:
    exporter = InMemorySpanExporter()
    OtelTraces("test", SimpleSpanProcessor(exporter)).begin("job", None).child("infer", 100, 101.5)
    (part,) = exporter.get_finished_spans()
    assert (part.start_time, part.end_time) == (100_000_000_000, 101_500_000_000)


def test_a_collector_that_is_away_holds_up_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    class Stuck(SpanProcessor):
        def shutdown(self) -> None:
            released.wait()

    monkeypatch.setattr(otel, "LAST_WORDS_S", 0.05)
    began = time.monotonic()
    OtelTraces("test", Stuck()).close()
    assert time.monotonic() - began < 30
    released.set()
