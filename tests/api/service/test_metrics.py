"""The gateway's page of metrics, as far as it shows the store."""

from __future__ import annotations

from dataclasses import replace

from redis import Redis

from api.service.metrics import GatewayMetrics
from api.slots import UploadSlots
from core.options import Queue
from core.store.census import CensusTaker
from core.store.connection import connect
from core.store.records import Job, JobStatus, MediaRef
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.metrics_page import samples


def test_the_store_is_shown_as_it_is_when_somebody_asks(redis: Redis) -> None:
    metrics, slots = GatewayMetrics(), UploadSlots(2, for_each_tenant=2)
    with metrics.watching(CensusTaker(redis), slots), slots.take("alice"):
        model = ModelIdentity("m", "1", "ab" * 32, "openvino-int8")
        WorkerRegistry(redis).beat(Heartbeat("w1", "host", 1, model, 4, "now"))
        assert samples(metrics.registry, "deepfake_store_up") == {(): 1}
        assert samples(metrics.registry, "deepfake_workers_slots") == {(): 4}
        assert samples(metrics.registry, "deepfake_uploads_open") == {(): 1}
        queued = {("interactive",): 0, ("batch",): 0}
        assert samples(metrics.registry, "deepfake_jobs_queued") == queued
    assert samples(metrics.registry, "deepfake_store_up") == {}


def test_a_store_that_is_away_is_all_that_is_shown_of_it() -> None:
    metrics = GatewayMetrics()
    away = CensusTaker(connect("redis://127.0.0.1:1/0"))
    with metrics.watching(away, UploadSlots(2, for_each_tenant=2)):
        assert samples(metrics.registry, "deepfake_store_up") == {(): 0}
        assert samples(metrics.registry, "deepfake_jobs_running") == {}


def test_jobs_are_counted_by_who_answers_them() -> None:
    metrics = GatewayMetrics()
    job = Job.new(media=MediaRef("blob_1", "ab" * 32, 5, "video", "mp4"), queue=Queue.BATCH)
    metrics.made(job)
    metrics.made(replace(job, status=JobStatus.SUCCEEDED))
    made = samples(metrics.registry, "deepfake_jobs_made_total")
    assert made == {("worker", "batch"): 1, ("stored_result", "batch"): 1}
