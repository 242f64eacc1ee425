"""What is kept of a job that asks for it, and what becomes of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from redis import Redis

from core.errors import EvidenceNotFound, InferenceFailed
from core.model.bundle import Bundle
from core.store.evidence import EvidenceLimits, frame_name, heatmap_name
from core.store.records import Job, JobStatus
from tests.core.evidence_factory import preview
from tests.core.store.lost_worker import expire_lease
from tests.worker.runner_bench import Bench, Check, fail


def kept_keys(redis: Redis) -> list[bytes]:
    """Keys that hold pictures or their accounts; a counter at 0 holds nothing."""
    keys: set[bytes] = set(redis.scan_iter("df:evidence*"))
    if redis.get("df:evidence-bytes") == b"0":
        keys.discard(b"df:evidence-bytes")
    return sorted(keys)


def notes(job: Job) -> list[str]:
    assert job.media_info is not None
    return list(job.media_info["notes"])


def test_a_job_that_asks_for_evidence_keeps_each_frame_and_a_map_of_each_face(
    bench: Bench, redis: Redis
) -> None:
    job = bench.run(keeps_evidence=True)
    assert job.evidence is not None
    assert (job.evidence.frames, job.evidence.heatmaps, job.evidence.heatmap_limit) == (2, 2, 2.0)
    assert bench.evidence.picture(job, frame_name(1)) == preview(1)
    png = np.frombuffer(bench.evidence.picture(job, heatmap_name(1, 0)), np.uint8)
    picture = cv2.imdecode(png, cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape[2] == 4
    assert job.result is not None
    assert "evidence" in job.result["timings_ms"]
    assert job.result["frames"][0]["faces"][0]["crop"] == [0.125, 0.125, 0.75, 0.75]
    assert job.expires_at is not None
    assert job.evidence.expires_at < job.expires_at
    assert 0 < redis.pttl(f"df:evidence:{job.id}") <= 3600 * 1000


def test_a_job_that_does_not_ask_costs_and_keeps_nothing(bench: Bench, redis: Redis) -> None:
    job = bench.run()
    assert job.kept is None
    assert bench.decoders.options[0].preview_side == 0
    assert bench.scorer.asked_for_maps == [False]
    assert kept_keys(redis) == []
    with pytest.raises(EvidenceNotFound):
        bench.evidence.picture(job, frame_name(0))


@pytest.mark.parametrize("max_bytes", [0, 100])
def test_evidence_that_does_not_fit_is_left_out_and_the_job_succeeds(
    redis: Redis, bundle: Bundle, max_bytes: int
) -> None:
    bench = Bench(redis, bundle, EvidenceLimits(max_bytes=max_bytes))
    job = bench.run(keeps_evidence=True)
    assert (job.status, job.kept) == (JobStatus.SUCCEEDED, None)
    assert "evidence_not_kept" in notes(job)
    assert kept_keys(redis) == []


def test_a_redis_at_its_maxmemory_takes_the_result_and_no_pictures(
    bench: Bench, redis: Redis
) -> None:
    redis.config_set("maxmemory", "1gb")
    bench.scorer.act = lambda: redis.config_set("maxmemory", "1")
    try:
        job = bench.run(keeps_evidence=True)
    finally:
        redis.config_set("maxmemory", "0")
    assert (job.status, job.kept) == (JobStatus.SUCCEEDED, None)
    assert "evidence_not_kept" in notes(job)
    assert kept_keys(redis) == []


def test_a_model_without_maps_keeps_the_frames_and_says_so(bench: Bench) -> None:
    bench.scorer.has_maps = False
    job = bench.run(keeps_evidence=True)
    assert job.evidence is not None
    assert (job.evidence.frames, job.evidence.heatmaps) == (2, 0)
    assert "heatmaps_not_available" in notes(job)


def test_a_cancel_during_inference_leaves_nothing(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit(keeps_evidence=True)

    def cancel() -> None:
        bench.store.request_cancel(job_id, "local")

    bench.scorer.act = cancel  # heard at the end only: the pictures are kept by then
    bench.serve()
    job = bench.store.get(job_id)
    assert (job.status, job.kept) == (JobStatus.CANCELED, None)
    assert kept_keys(redis) == []


def test_a_job_that_fails_keeps_nothing(bench: Bench, redis: Redis) -> None:
    bench.scorer.act = fail(InferenceFailed("The network failed."))
    assert bench.run(keeps_evidence=True).status is JobStatus.FAILED
    assert kept_keys(redis) == []


def test_a_worker_that_dies_before_the_verdict_leaves_nothing_once_its_job_is_reaped(
    bench: Bench, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = bench.submit(keeps_evidence=True)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr(bench.attempts, "finish", die)
    monkeypatch.setattr(bench.attempts, "release", lambda *_: True)  # as if it were killed
    with pytest.raises(SystemExit):
        bench.serve()
    assert kept_keys(redis) != []
    expire_lease(redis, job_id)
    bench.attempts.reap()
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    assert kept_keys(redis) == []


def test_deleting_a_job_answers_when_its_evidence_is_gone(bench: Bench, redis: Redis) -> None:
    job = bench.run(keeps_evidence=True)
    assert kept_keys(redis) != []
    bench.store.delete(job.id, job.tenant)
    assert kept_keys(redis) == []
    assert bench.evidence.usage(job.tenant) == (0, 0)


def test_a_job_that_is_deleted_while_it_runs_keeps_nothing(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit(keeps_evidence=True)
    bench.scorer.act = lambda: bench.store.delete(job_id, "local")
    bench.serve()
    assert kept_keys(redis) == []


def test_the_decoder_is_given_bounds_that_fit_into_the_bytes_of_a_job(bench: Bench) -> None:
    def look(check: Check) -> None:
        check()

    bench.decoders.acts = [look]
    bench.run(keeps_evidence=True)
    (options,) = bench.decoders.options
    assert options.preview_side == 1280
    assert options.frames * options.preview_bytes <= 8 * 1024**2
