"""One trace from the request to the verdict, through a real Redis."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import UnreadableMedia
from core.model.bundle import Bundle
from core.telemetry.otel import OtelTraces
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.core.bundle_factory import write_bundle
from tests.span_tree import tree
from tests.worker.runner_bench import Bench, fail
from worker.metrics import WorkerMetrics
from worker.observer import JobObserver

GIVEN = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> OtelTraces:
    return OtelTraces("test", SimpleSpanProcessor(exporter))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "brightness")


@pytest.fixture
def bench(redis: Redis, bundle: Bundle, traces: OtelTraces) -> Bench:
    return Bench(redis, bundle, observer=JobObserver(WorkerMetrics(), traces))


@pytest.fixture
def client(redis_url: str, traces: OtelTraces) -> Iterator[httpx.Client]:
    app = create_app(GatewaySettings(redis_url=redis_url), doorbell=DoorbellTwin(), traces=traces)
    with serve(app) as client:  # which closes the traces when it ends
        yield client


def test_a_job_is_one_trace_from_its_request_to_its_end(
    client: httpx.Client, bench: Bench, exporter: InMemorySpanExporter
) -> None:
    job = client.post("/v1/jobs", content=MP4, headers={"traceparent": GIVEN}).json()
    client.get(job["links"]["self"])  # a read makes no span
    bench.serve()
    spans = exporter.get_finished_spans()
    request_line, job_line, *stages = tree(spans)
    assert (request_line, job_line) == ("POST /v1/jobs", "  job")
    names = ("queued", "fetch", "decode", "faces", "infer", "finish")
    # In any order: the twin of the decoder makes up how long it took.
    assert sorted(stages) == sorted(f"    {name}" for name in names)
    assert {f"{span.context.trace_id:x}" for span in spans} == {"ab" * 16}
    (request,) = [span for span in spans if span.name == "POST /v1/jobs"]
    assert request.parent is not None
    assert f"{request.parent.span_id:x}" == "cd" * 8


def test_without_a_trace_of_the_caller_one_begins(
    client: httpx.Client, bench: Bench, exporter: InMemorySpanExporter
) -> None:
    client.post("/v1/jobs", content=MP4)
    bench.serve()
    spans = exporter.get_finished_spans()
    assert len(tree(spans)) == 8
    assert len({span.context.trace_id for span in spans}) == 1


def test_a_job_that_fails_is_a_span_with_its_error(
    client: httpx.Client, bench: Bench, exporter: InMemorySpanExporter
) -> None:
    client.post("/v1/jobs", content=MP4)
    bench.decoders.acts = [fail(UnreadableMedia("It ends in the middle."))]
    bench.serve()
    (job,) = [span for span in exporter.get_finished_spans() if span.name == "job"]
    assert (job.status.is_ok, job.status.description) == (False, "unreadable_media")
