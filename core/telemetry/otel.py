"""Traces by the OpenTelemetry SDK, without its global state. Imported only where traces are on."""

from __future__ import annotations

import threading
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core.telemetry.traces import Span, Traces

LAST_WORDS_S: Final = 3.0
_HEADER: Final = "traceparent"


def exported(service: str) -> Traces:
    """Traces that go to the collector which the standard variables OTEL_… describe."""
    return OtelTraces(service, BatchSpanProcessor(OTLPSpanExporter()))


class OtelTraces:
    """A tracer of its own for each process; ``processor`` takes the spans that are over."""

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        resource = Resource.create({SERVICE_NAME: service})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("deepfake")
        self._format = TraceContextTextMapPropagator()

    def begin(self, name: str, parent: str | None, *, start_s: float | None = None) -> Span:
        carrier = {} if parent is None else {_HEADER: parent}
        started = self._tracer.start_span(
            name,
            context=self._format.extract(carrier, context=trace.set_span_in_context(_NO_SPAN)),
            start_time=None if start_s is None else _ns(start_s),
        )
        return _OtelSpan(self._tracer, started, self._format)

    def close(self) -> None:
        # In a thread that may be left behind: with a collector that is away it takes many seconds.
        last = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        last.start()
        last.join(LAST_WORDS_S)


_NO_SPAN: Final = trace.INVALID_SPAN


class _OtelSpan:
    def __init__(
        self, tracer: trace.Tracer, span: trace.Span, form: TraceContextTextMapPropagator
    ) -> None:
        self._tracer = tracer
        self._span = span
        self._context = trace.set_span_in_context(span)
        self._format = form

    @property
    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        self._format.inject(carrier, context=self._context)
        return carrier.get(_HEADER)

    def child(self, name: str, start_s: float, end_s: float) -> None:
        part = self._tracer.start_span(name, context=self._context, start_time=_ns(start_s))
        part.end(_ns(max(start_s, end_s)))

    def end(self, *, name: str | None = None, error: str | None = None) -> None:
        if name is not None:
            self._span.update_name(name)
        if error is not None:
            self._span.set_status(trace.StatusCode.ERROR, error)
        self._span.end()

    def describe(self, **attributes: str | float) -> None:
        self._span.set_attributes({f"deepfake.{key}": value for key, value in attributes.items()})


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
