"""Spans of requests and jobs, which are exported where an OpenTelemetry collector is named."""

from __future__ import annotations

from typing import Protocol

from core.errors import ConfigurationError


class Span(Protocol):
    """Something that takes time; times are seconds since the epoch."""

    @property
    def traceparent(self) -> str | None:
        """What carries on this trace elsewhere; None when there is none to be carried on."""
        ...

    def child(self, name: str, start_s: float, end_s: float) -> None:
        """Tell of a part that is over."""
        ...

    def end(self, *, name: str | None = None, error: str | None = None) -> None:
        """Tell that it is over, and what it was, where that was not known at its start."""
        ...

    def describe(self, **attributes: str | float) -> None:
        """Add facts; never media, keys or names that strangers chose."""
        ...


class Traces(Protocol):
    """Begins spans; safe to use from several threads."""

    def begin(self, name: str, parent: str | None, *, start_s: float | None = None) -> Span:
        """A span below the span that ``parent`` names, or of a new trace for None."""
        ...

    def close(self) -> None:
        """Send what was not sent yet, for a few seconds at the most."""
        ...


class NoTraces:
    """Exports nothing; the trace of a caller is carried on all the same."""

    def begin(
        self,
        name: str,  # noqa: ARG002
        parent: str | None,
        *,
        start_s: float | None = None,  # noqa: ARG002
    ) -> Span:
        return _NoSpan(parent)

    def close(self) -> None: ...


class _NoSpan:
    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def child(self, name: str, start_s: float, end_s: float) -> None: ...

    def end(self, *, name: str | None = None, error: str | None = None) -> None: ...

    def describe(self, **attributes: str | float) -> None: ...


def open_traces(endpoint: str | None, service: str) -> Traces:
    """Traces for the collector at ``endpoint``; none, and no import, where no endpoint is set.

    Raises ConfigurationError when the packages of the extra ``otel`` are missing.
    """
    if endpoint is None:
        return NoTraces()
    try:
        from core.telemetry.otel import exported  # noqa: PLC0415 - only where traces are on
    except ImportError as error:
        raise ConfigurationError(
            f"OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, and {error.name} is not installed; "
            "run: pip install 'deepfake-detection[otel]'."
        ) from error
    return exported(service)
