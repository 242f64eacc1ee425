"""What a gateway counts and logs of its requests."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import generate_latest
from redis import Redis

from api.app import create_app
from api.service.metrics import GatewayMetrics
from api.settings import GatewaySettings
from core.store.attempts import Attempts
from core.telemetry.logs import log_formatter
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.e2e.service import until
from tests.metrics_page import samples

ANSWERS = "deepfake_http_request_duration_seconds_count"
GIVEN = f"00-{'ab' * 16}-{'cd' * 8}-01"


@pytest.fixture
def metrics() -> GatewayMetrics:
    return GatewayMetrics()


@pytest.fixture
def client(settings: GatewaySettings, metrics: GatewayMetrics) -> Iterator[httpx.Client]:
    app = create_app(settings, doorbell=DoorbellTwin(), metrics=metrics)
    with serve(app) as client:
        yield client


def answers(metrics: GatewayMetrics, number: int) -> dict[tuple[str, ...], float]:
    """What was counted of so many answers: a client may have one before it is counted."""
    until(
        f"{number} answers are counted",
        lambda: sum(samples(metrics.registry, ANSWERS).values()) == number,
        10,
    )
    return samples(metrics.registry, ANSWERS)


def test_answers_are_counted_by_the_template_of_their_route(
    client: httpx.Client, metrics: GatewayMetrics
) -> None:
    job = client.post("/v1/jobs", content=MP4).json()
    client.get(job["links"]["self"], params={"wait": 0})
    client.head(f"{job['links']['self']}/")
    client.get("/v1/jobs/job_of_nobody")
    client.get("/docs/nothing")
    client.request("PURGE", "/coffee")
    client.get("/", headers={"Host": "a b"})
    route = "/v1/jobs/{job_id}"
    assert answers(metrics, 7) == {
        ("POST", "/v1/jobs", "202", "none"): 1,
        ("GET", route, "200", "poll"): 1,
        ("HEAD", route, "200", "none"): 1,
        ("GET", route, "404", "none"): 1,
        ("GET", "unmatched", "404", "none"): 1,
        ("other", "unmatched", "404", "none"): 1,
        ("GET", "unmatched", "400", "none"): 1,
    }
    assert samples(metrics.registry, "deepfake_http_problems_total") == {
        ("job_not_found",): 1,
        ("not_found",): 2,
        ("malformed_request",): 1,
    }
    assert samples(metrics.registry, "deepfake_http_request_bytes_total")[()] == len(MP4)
    assert samples(metrics.registry, "deepfake_jobs_made_total") == {("worker", "interactive"): 1}


def test_a_fault_of_ours_is_counted_as_the_problem_that_it_is(
    settings: GatewaySettings, metrics: GatewayMetrics
) -> None:
    class Broken(DoorbellTwin):
        def check(self) -> None:
            raise RuntimeError

    with serve(create_app(settings, doorbell=Broken(), metrics=metrics)) as client:
        client.get("/readyz")
    assert answers(metrics, 1) == {("GET", "/readyz", "500", "none"): 1}
    assert samples(metrics.registry, "deepfake_http_problems_total") == {("internal_error",): 1}


def test_a_stream_is_open_until_its_client_goes(
    client: httpx.Client, metrics: GatewayMetrics, redis: Redis
) -> None:
    job = client.post("/v1/jobs", content=MP4).json()
    with client.stream("GET", job["links"]["events"]) as stream:
        lines = stream.iter_lines()
        next(lines)
        open_now = samples(metrics.registry, "deepfake_http_requests_open")
        client.post(job["links"]["cancel"])
        for _ in lines:
            pass
    assert open_now == {("none",): 0, ("poll",): 0, ("stream",): 1}
    route = "/v1/jobs/{job_id}/events"
    assert answers(metrics, 3)["GET", route, "200", "stream"] == 1


def test_no_label_holds_what_a_caller_chose(client: httpx.Client, metrics: GatewayMetrics) -> None:
    client.post("/v1/jobs/stranger?tag=stranger", headers={"X-Request-ID": "stranger"})
    client.request("STRANGER", "/stranger", headers={"Idempotency-Key": "stranger"})
    assert b"stranger" not in generate_latest(metrics.registry).lower()


def test_a_trace_of_the_caller_goes_along_with_the_job(client: httpx.Client, redis: Redis) -> None:
    client.post("/v1/jobs", content=MP4, headers={"traceparent": GIVEN})
    client.post("/v1/jobs", content=MP4, headers={"traceparent": f"{GIVEN}\tx"})
    first, second = Attempts(redis).take("w1"), Attempts(redis).take("w1")
    assert first is not None
    assert second is not None
    assert (first.traceparent, second.traceparent) == (GIVEN, None)


def test_the_access_log_names_the_request_its_tenant_and_its_trace(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(log_formatter("text").format(record))  # type: ignore[method-assign]
    access = logging.getLogger("uvicorn.access")
    level = access.level
    access.setLevel(logging.INFO)
    access.addHandler(handler)
    try:
        headers = {"X-Request-ID": "r-1", "traceparent": GIVEN}
        client.get("/v1/jobs/job_1", headers=headers)
    finally:
        access.removeHandler(handler)
        access.setLevel(level)
    assert [line.partition("request_id=")[2] for line in lines] == [
        f"r-1 trace_id={'ab' * 16} tenant=local"
    ]
