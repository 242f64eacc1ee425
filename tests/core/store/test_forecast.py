"""When jobs are expected to end, against a schedule that is worked out job by job."""

from __future__ import annotations

import heapq
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.options import Queue
from core.store.forecast import eta_s, jobs_ahead
from core.store.load import Load, RunningJob
from core.store.records import Job, JobStatus, MediaRef
from core.store.workers import Heartbeat, ModelIdentity

MODEL = ModelIdentity("lite0", "1", "ab", "openvino-int8")
MEDIA = MediaRef("blob_1", "ab" * 32, 3, "video", "mp4")
INTERACTIVE, BATCH = Queue.INTERACTIVE, Queue.BATCH


def worker(name: str, slots: int, *queues: Queue) -> Heartbeat:
    served = queues or tuple(Queue)
    return Heartbeat(name, "host", 1, MODEL, slots, "2026-01-01T00:00:00Z", queues=served)


def running(*elapsed_s: float, on: str = "w") -> list[RunningJob]:
    return [RunningJob(on, INTERACTIVE, "video", elapsed) for elapsed in elapsed_s]


def load(
    *workers: Heartbeat, at_work: list[RunningJob] | None = None, interactive: int = 0
) -> Load:
    """Films take 10 s, interactive ones and those of batch."""
    times = {name: 10.0 for queue in Queue for name in (queue, f"{queue}:video")}
    waiting = {INTERACTIVE: interactive, BATCH: 5}
    now_s = datetime.now(UTC).timestamp()
    return Load(now_s, waiting, {}, at_work or [], times, workers)


def waiting_job(queue: Queue = INTERACTIVE) -> Job:
    return Job.new(media=MEDIA, queue=queue)


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=6),
    st.integers(0, 5),
    st.integers(1, 40),
)
def test_a_job_is_expected_when_a_schedule_by_hand_ends_it(
    elapsed_s: list[float], free: int, position: int
) -> None:
    seen = load(worker("w", len(elapsed_s) + free), at_work=running(*elapsed_s))
    slots = [10 - elapsed for elapsed in elapsed_s] + [0.0] * free
    heapq.heapify(slots)
    for _ in range(position):
        end = heapq.heappop(slots) + 10
        heapq.heappush(slots, end)
    assert eta_s(seen, waiting_job(), position) == pytest.approx(end)


def test_a_batch_job_waits_for_all_interactive_jobs_too() -> None:
    seen = load(worker("w", 1), interactive=3)
    assert eta_s(seen, waiting_job(BATCH), 1) == pytest.approx(40)
    assert jobs_ahead(seen, waiting_job(BATCH), 1) == 3


def test_a_worker_of_batch_alone_does_not_wait_for_interactive_jobs() -> None:
    seen = load(worker("w", 1), worker("b", 1, BATCH), interactive=100)
    assert eta_s(seen, waiting_job(BATCH), 2) == pytest.approx(20)
    assert eta_s(seen, waiting_job(), 1) == pytest.approx(10)


def test_a_worker_of_batch_alone_is_no_slot_for_interactive_jobs() -> None:
    assert eta_s(load(worker("b", 8, BATCH)), waiting_job(), 1) is None


def test_jobs_that_run_count_as_ahead() -> None:
    seen = load(worker("w", 2), at_work=running(3, 4))
    assert jobs_ahead(seen, waiting_job(), 1) == 2
    assert jobs_ahead(seen, waiting_job(), 4) == 5
    assert jobs_ahead(seen, waiting_job(), None) is None


@pytest.mark.parametrize(("ago_s", "expected_s"), [(0, 10), (4, 6), (25, 0)])
def test_a_running_job_is_expected_after_the_rest_of_its_time(
    ago_s: float, expected_s: float
) -> None:
    started = datetime.now(UTC) - timedelta(seconds=ago_s)
    job = replace(waiting_job(), status=JobStatus.PROCESSING, started_at=started)
    assert eta_s(load(worker("w", 1)), job, None) == pytest.approx(expected_s, abs=0.5)


def test_nothing_is_expected_of_what_cannot_be_told() -> None:
    seen, job = load(worker("w", 1)), waiting_job()
    assert eta_s(load(), job, 1) is None
    assert eta_s(replace(seen, service_s={}), job, 1) is None
    assert eta_s(replace(seen, service_s={INTERACTIVE: 1.0}), job, 1) is None
    only_batch = {BATCH: 1.0, "batch:video": 1.0}
    busy = replace(seen, service_s=only_batch, waiting={INTERACTIVE: 1, BATCH: 0})
    assert eta_s(busy, waiting_job(BATCH), 1) is None
    assert eta_s(seen, replace(job, status=JobStatus.SUCCEEDED), None) is None
    assert eta_s(seen, job, None) is None
