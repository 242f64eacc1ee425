"""Processes that die, and what must not be lost with them."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.e2e.films import SLOWLY, face_image, face_video, slow_film
from tests.e2e.service import VERDICT_S, kill, service, until


def test_a_job_whose_worker_is_killed_finishes_on_another_attempt(own_folder: Path) -> None:
    with service(own_folder, workers=2) as running:
        job_id = running.post(slow_film(), **SLOWLY)
        kill(running.at_work_on(job_id))
        job = running.finished(job_id)
        assert job["status"] == "succeeded", job
        assert job["attempt"] == 2
        assert job["result"]["frames_decoded"] == SLOWLY["frames"]


def test_a_file_that_keeps_killing_workers_fails_and_is_quarantined(own_folder: Path) -> None:
    with service(own_folder, workers=1, lease_s=1, max_attempts=2) as running:
        job_id = running.post(slow_film(), **SLOWLY)
        kill(running.at_work_on(job_id))
        running.start_worker()
        kill(running.at_work_on(job_id, attempt=2))
        running.start_worker()
        job = running.finished(job_id)
        assert job["error"]["code"] == "worker_lost"
        assert job["error"]["retryable"] is True
        again = running.http.post("/v1/jobs", content=slow_film())
        assert again.json()["type"].endswith("file_quarantined")


def test_a_stopping_worker_finishes_the_job_in_hand(own_folder: Path) -> None:
    with service(own_folder, workers=0) as running:
        worker = running.start_worker(grace_s=VERDICT_S)
        job_id = running.post(slow_film(), **SLOWLY)
        running.at_work_on(job_id)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=VERDICT_S) == 0
        job = running.get(job_id)
        assert (job["status"], job["attempt"]) == ("succeeded", 1)


def test_a_worker_without_grace_gives_its_job_back(own_folder: Path) -> None:
    with service(own_folder, workers=0) as running:
        worker = running.start_worker(grace_s=0)
        job_id = running.post(slow_film(), **SLOWLY)
        running.at_work_on(job_id)
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=VERDICT_S)
        assert running.get(job_id)["status"] == "queued"
        running.start_worker()
        assert running.finished(job_id)["status"] == "succeeded"


def test_redis_away_is_a_503_within_seconds_and_the_service_comes_back(own_folder: Path) -> None:
    with service(own_folder) as running:
        running.redis.stop()
        for method, path, body in (
            ("POST", "/v1/jobs", face_image()),
            ("GET", "/v1/jobs/job_01ARZ3NDEKTSV4RRFFQ69G5FAV", None),
            ("GET", "/readyz", None),
        ):
            started = time.monotonic()
            answer = running.http.request(method, path, content=body)
            assert answer.status_code == 503, answer.text
            assert time.monotonic() - started < 6  # 3 s are promised; the machine may be busy
        assert running.http.get("/healthz").status_code == 200

        running.redis.start()
        until("ready again", lambda: running.http.get("/readyz").status_code == 200, VERDICT_S)
        assert running.judge(face_image())["status"] == "succeeded"


def test_two_workers_share_one_queue_and_no_job_runs_twice(own_folder: Path) -> None:
    with service(own_folder, workers=2) as running:
        ids = [running.post(face_video()) for _ in range(12)]
        jobs = [running.finished(job_id) for job_id in ids]
        assert [(job["status"], job["attempt"]) for job in jobs] == [("succeeded", 1)] * 12
        with running.redis.client() as redis:
            hands = {redis.hget(f"df:job:{job_id}", "worker") for job_id in ids}
        assert len(hands) == 2
