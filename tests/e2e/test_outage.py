"""Redis goes away for longer than a lease, and comes back with what it had."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from tests.e2e.films import SLOWLY, face_image, slow_film
from tests.e2e.service import Service, service

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")  # what compose has, without its second
LEASE_S = 2.0
OUTAGE_S = 3 * LEASE_S


def assert_judged_without_blame(running: Service, job_id: str, film: bytes) -> None:
    job = running.finished(job_id)
    assert (job["status"], job["attempt"]) == ("succeeded", 1), job
    assert job["result"]["frames_decoded"] == SLOWLY["frames"]
    assert running.store().quarantine.crashes("local", job["media"]["sha256"]) == 0
    assert running.http.post("/v1/jobs", content=film).status_code == 202  # not quarantined


def test_a_restart_of_redis_longer_than_a_lease_costs_no_attempt(own_folder: Path) -> None:
    film = slow_film()
    with service(own_folder, *DURABLE, workers=2, lease_s=LEASE_S, max_attempts=1) as running:
        job_id = running.post(film, **SLOWLY)
        running.at_work_on(job_id)
        running.redis.stop()
        time.sleep(OUTAGE_S)
        running.redis.start()
        assert_judged_without_blame(running, job_id, film)


def test_a_redis_that_hangs_longer_than_a_lease_costs_no_attempt(own_folder: Path) -> None:
    film = slow_film()
    with service(own_folder, workers=2, lease_s=LEASE_S, max_attempts=1) as running:
        job_id = running.post(film, **SLOWLY)
        running.at_work_on(job_id)
        os.kill(running.redis.pid, signal.SIGSTOP)
        time.sleep(OUTAGE_S)
        os.kill(running.redis.pid, signal.SIGCONT)
        assert_judged_without_blame(running, job_id, film)


def test_a_job_that_waits_longer_than_an_upload_may_take_is_judged(own_folder: Path) -> None:
    with service(own_folder, workers=0, upload_limit_s=1) as running:
        job_id = running.post(face_image())
        time.sleep(2)
        running.start_worker()
        assert running.finished(job_id)["status"] == "succeeded"
        with running.redis.client() as redis:
            assert int(redis.get("df:blob-bytes") or 0) == 0
