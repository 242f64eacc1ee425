"""What a worker counts and logs of its jobs."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import generate_latest
from redis import Redis

from core.errors import UnreadableMedia
from core.model.bundle import Bundle
from core.result import Label
from core.telemetry.context import noted
from tests.metrics_page import samples
from tests.worker.runner_bench import Bench, Check, fail
from worker.metrics import WorkerMetrics
from worker.observer import JobObserver


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics()


@pytest.fixture
def bench(redis: Redis, bundle: Bundle, metrics: WorkerMetrics) -> Bench:
    return Bench(redis, bundle, observer=JobObserver(metrics))


def test_a_job_that_is_judged_is_counted_by_its_verdict(
    bench: Bench, metrics: WorkerMetrics
) -> None:
    job = bench.run()
    assert job.result is not None
    assert samples(metrics.registry, "deepfake_jobs_ended_total") == {
        ("interactive", "succeeded"): 1
    }
    verdicts = samples(metrics.registry, "deepfake_verdicts_total")
    assert verdicts == {(label,): label == job.result["verdict"] for label in Label}
    assert samples(metrics.registry, "deepfake_fake_probability_count") == {(): 1}
    assert samples(metrics.registry, "deepfake_job_failures_total") == {}
    assert samples(metrics.registry, "deepfake_slot_busy_seconds_total")[()] > 0


def test_every_stage_of_a_job_that_is_judged_has_its_time(
    bench: Bench, metrics: WorkerMetrics
) -> None:
    bench.run()
    stages = samples(metrics.registry, "deepfake_stage_duration_seconds_count")
    names = ("queued", "fetch", "decode", "faces", "infer", "finish")
    assert stages == {(name,): 1 for name in names}


def test_a_job_that_fails_is_counted_by_its_error(bench: Bench, metrics: WorkerMetrics) -> None:
    bench.decoders.acts = [fail(UnreadableMedia("It ends in the middle."))]
    assert bench.code() == "unreadable_media"
    assert samples(metrics.registry, "deepfake_jobs_ended_total") == {("interactive", "failed"): 1}
    assert samples(metrics.registry, "deepfake_job_failures_total") == {("unreadable_media",): 1}
    assert set(samples(metrics.registry, "deepfake_verdicts_total").values()) == {0}


def test_an_attempt_that_lost_its_job_ended_none(bench: Bench, metrics: WorkerMetrics) -> None:
    def delete(_: Check) -> None:
        bench.store.delete(job_id, "local")

    job_id = bench.submit()
    bench.decoders.acts = [delete]
    bench.serve()
    assert samples(metrics.registry, "deepfake_attempts_lost_total") == {(): 1}
    assert samples(metrics.registry, "deepfake_jobs_ended_total") == {}


def test_what_is_logged_during_a_job_names_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[dict[str, str]] = []
    bench.decoders.acts = [lambda _: seen.append(dict(noted()))]
    with caplog.at_level(logging.INFO):
        job = bench.run()
    assert seen == [{"job_id": job.id, "tenant": "local"}]
    assert noted() == {}


def test_no_label_names_a_tenant_or_a_job(bench: Bench, metrics: WorkerMetrics) -> None:
    job = bench.run()
    page = generate_latest(metrics.registry).decode()
    assert job.id not in page
    assert "local" not in page
