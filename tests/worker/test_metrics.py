from __future__ import annotations

from core.store.workers import ModelIdentity
from tests.metrics_page import samples
from worker.metrics import WorkerMetrics


def test_what_is_looked_at_is_shown_as_it_is_when_somebody_asks() -> None:
    metrics, at_work = WorkerMetrics(), [1]
    metrics.watch(slots=4, at_work=lambda: at_work[0], decoders_replaced=lambda: 7)
    assert samples(metrics.registry, "deepfake_slots") == {(): 4}
    assert samples(metrics.registry, "deepfake_slots_at_work") == {(): 1}
    assert samples(metrics.registry, "deepfake_decoders_replaced_total") == {(): 7}
    at_work[0] = 2
    assert samples(metrics.registry, "deepfake_slots_at_work") == {(): 2}


def test_the_model_is_told_by_name_version_hash_and_runtime() -> None:
    metrics = WorkerMetrics()
    images = ModelIdentity("m", "1.0", "ab", "openvino-int8")
    videos = ModelIdentity("v", "2.0", "cd", "openvino-fp32")
    metrics.holds((images, videos))
    info = samples(metrics.registry, "deepfake_model_info")
    assert info == {
        ("images", "m", "openvino-int8", "ab", "1.0"): 1,
        ("videos", "v", "openvino-fp32", "cd", "2.0"): 1,
    }


def test_counters_whose_first_increase_matters_begin_at_zero() -> None:
    metrics = WorkerMetrics()
    reaped = {("requeued",): 0, ("failed",): 0, ("canceled",): 0}
    assert samples(metrics.registry, "deepfake_jobs_reaped_total") == reaped
    assert set(samples(metrics.registry, "deepfake_verdicts_total").values()) == {0}
    metrics.reaped("requeued")
    assert samples(metrics.registry, "deepfake_jobs_reaped_total") == reaped | {("requeued",): 1}


def test_crops_are_counted_by_runs_of_the_network() -> None:
    metrics = WorkerMetrics()
    metrics.batch(32)
    metrics.batch(3)
    assert samples(metrics.registry, "deepfake_batch_crops_count") == {(): 2}
    assert samples(metrics.registry, "deepfake_batch_crops_sum") == {(): 35}
