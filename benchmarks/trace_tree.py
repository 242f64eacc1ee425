"""Where the time of one job goes, as the tree of its trace.

    python -m benchmarks.trace_tree

Starts a Redis and a gateway, posts a film of 720p, and judges it with the model that ships and a
sandboxed decoder, all spans into memory in place of a collector. Each line tells when a span began
and how long it took.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.app import create_app
from api.settings import GatewaySettings
from core.telemetry.otel import OtelTraces
from tests.api.gateway import DoorbellTwin, serve
from tests.e2e.films import face_video
from tests.redis_server import RedisServer
from tests.span_tree import tree
from worker.app import create_celery
from worker.decoder.config import DecoderConfig
from worker.decoder.pool import DecoderPool
from worker.metrics import WorkerMetrics
from worker.resources import Resources
from worker.settings import WorkerSettings
from worker.telemetry import Telemetry


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="df-") as folder, RedisServer(Path(folder)) as redis:
        print("\n".join(tree(spans_of_a_job(redis.url), times=True)))


def spans_of_a_job(redis_url: str) -> Sequence[ReadableSpan]:
    exporter = InMemorySpanExporter()
    traces = OtelTraces("benchmark", SimpleSpanProcessor(exporter))
    settings = WorkerSettings(redis_url=redis_url, concurrency=1)
    decoders = DecoderPool(DecoderConfig(), size=1)
    worker = Resources.load(
        settings, decoders, create_celery(settings), Telemetry(WorkerMetrics(), traces)
    )
    app = create_app(GatewaySettings(redis_url=redis_url), doorbell=DoorbellTwin(), traces=traces)
    try:
        with serve(app) as client:
            for _ in range(2):  # the second finds everything loaded
                exporter.clear()
                client.post("/v1/jobs", content=face_video()).raise_for_status()
                with worker.leases.take() as running:
                    assert running is not None
                    worker.runner.run(running)
            return exporter.get_finished_spans()
    finally:
        worker.close()


if __name__ == "__main__":
    main()
