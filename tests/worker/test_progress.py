"""How far a job has come, as its client sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest
from redis import Redis

from core.model.crop_scores import CropScores
from core.store.jobs import JobStore
from core.store.records import Job, JobStatus, MediaRef, Progress
from tests.core.evidence_factory import scored
from tests.worker.runner_bench import Bench, Check
from worker.lease import RENEW_S, JobCanceled, RunningJob
from worker.periodic import Periodic
from worker.progress import CountedScorer, frame_counter


def running(kind: str = "video") -> RunningJob:
    return RunningJob(Job.new(media=MediaRef("blob_1", "ab" * 32, 10, kind, "mp4")))


class Scorer:
    def __init__(self) -> None:
        self.asked: list[int] = []

    def score(self, jpegs: Sequence[bytes], *, maps: bool = False) -> CropScores:  # noqa: ARG002
        self.asked.append(len(jpegs))
        return scored([float(jpeg) for jpeg in jpegs])


def test_frames_are_counted_against_what_was_asked_for() -> None:
    job = running()
    count = frame_counter(job)
    assert job.progress == Progress("decode", 0, 10)
    count(3)
    assert job.progress == Progress("decode", 3, 10)


def test_an_image_is_one_frame_unless_it_turns_out_to_be_an_animation() -> None:
    job = running("image")
    count = frame_counter(job)
    count(1)
    assert job.progress == Progress("decode", 1, 1)
    count(2)
    assert job.progress == Progress("decode", 2, 10)


def test_crops_are_scored_in_their_order_and_counted() -> None:
    job, scorer = running(), Scorer()
    jpegs = [str(number / 10).encode() for number in range(1, 8)]
    scores = CountedScorer(scorer, job, at_once=3).score(jpegs)
    assert scorer.asked == [3, 3, 1]
    assert scores.logit.tolist() == scored([float(jpeg) for jpeg in jpegs]).logit.tolist()
    assert job.progress == Progress("infer", 7, 7)


def test_no_crops_are_no_scores() -> None:
    assert len(CountedScorer(Scorer(), running(), at_once=3).score([])) == 0


def test_a_cancel_is_heard_between_two_runs_of_the_network() -> None:
    job, scorer = running(), Scorer()
    counted = CountedScorer(scorer, job, at_once=1)
    job.cancel()
    with pytest.raises(JobCanceled):
        counted.score([b"0.5", b"0.5"])
    assert scorer.asked == []


def test_a_client_sees_the_frames_of_a_running_job(bench: Bench, redis: Redis) -> None:
    seen: list[Progress | None] = []

    def decode(check: Check) -> None:
        (at_work,) = bench.leases._snapshot()
        frame_counter(at_work)(4)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            seen.append(JobStore(redis).get(at_work.job.id).progress)
            if seen[-1] == Progress("decode", 4, 10):
                return
            check()
            threading.Event().wait(0.05)

    bench.decoders.acts = [decode]
    renewals = Periodic("leases", RENEW_S, bench.leases.renew)
    renewals.start()
    try:
        job = bench.run()
    finally:
        renewals.stop()
    assert seen[0] == Progress("decode", 0, 10)
    assert seen[-1] == Progress("decode", 4, 10)
    assert (job.status, job.progress) == (JobStatus.SUCCEEDED, None)
