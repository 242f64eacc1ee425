"""What a worker tells of itself, besides its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from core.telemetry.traces import Traces, open_traces
from worker.metrics import WorkerMetrics
from worker.settings import WorkerSettings


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Both live as long as the process."""

    metrics: WorkerMetrics
    traces: Traces

    @classmethod
    def open(cls, settings: WorkerSettings) -> Self:
        """Raises ConfigurationError when traces are asked for and cannot be made."""
        return cls(WorkerMetrics(), open_traces(settings.otel_endpoint, "deepfake-worker"))
