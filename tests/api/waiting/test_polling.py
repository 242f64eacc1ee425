from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from redis import Redis

from api.waiting import watching
from core.store.attempts import Attempts
from core.store.jobs import JobStore
from core.store.records import JobStatus
from tests.api.gateway import MP4


def ended(attempts: Attempts, job_id: str) -> None:
    attempts.take("w1")
    attempts.finish(job_id, 1, status=JobStatus.CANCELED)


def test_many_clients_wait_and_all_hear_of_the_end(
    client: httpx.Client, attempts: Attempts
) -> None:
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    # More than there are threads for calls of Redis: nobody holds one while waiting.
    with ThreadPoolExecutor(50) as clients:
        waits = [clients.submit(client.get, f"/v1/jobs/{job_id}?wait=30") for _ in range(50)]
        client.get(f"/v1/jobs/{job_id}")
        ended(attempts, job_id)
        assert {wait.result().json()["status"] for wait in waits} == {"canceled"}


def test_an_end_whose_event_was_lost_is_found_all_the_same(
    client: httpx.Client, jobs: JobStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RECHECK_S", 0.05)
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    ended = {"status": "canceled", "revision": 2}
    silent = threading.Timer(0.2, redis.hset, (f"df:job:{job_id}",), {"mapping": ended})
    silent.start()
    assert client.get(f"/v1/jobs/{job_id}?wait=30").json()["status"] == "canceled"


def test_with_an_etag_any_change_ends_the_wait(client: httpx.Client, attempts: Attempts) -> None:
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]
    threading.Timer(0.2, attempts.take, ("w1",)).start()
    answer = client.get(f"/v1/jobs/{job_id}?wait=30", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["status"]) == (200, "processing")


@pytest.mark.parametrize("known", ["W/{}", '"0.0", W/{}', "*", "without-quotes"])
def test_a_long_poll_behind_a_proxy_that_weakens_tags_is_held(
    client: httpx.Client, known: str
) -> None:
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]
    started = time.monotonic()
    headers = {"If-None-Match": known.format(etag)}
    answer = client.get(f"/v1/jobs/{job_id}?wait=0.5", headers=headers)
    assert time.monotonic() - started >= 0.5
    assert answer.status_code == (200 if known == "without-quotes" else 304)


def test_a_wait_ends_without_news_too(client: httpx.Client) -> None:
    answer = client.post("/v1/jobs", content=MP4)
    url = f"{answer.json()['links']['self']}?wait=0.1"
    assert client.get(url).json()["status"] == "queued"
    assert client.get(url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_job_that_is_deleted_ends_the_wait(client: httpx.Client) -> None:
    job_id = client.post("/v1/jobs", content=MP4).json()["id"]
    with ThreadPoolExecutor(1) as waiter:
        wait = waiter.submit(client.get, f"/v1/jobs/{job_id}?wait=30")
        client.delete(f"/v1/jobs/{job_id}")
        assert wait.result().status_code == 404
