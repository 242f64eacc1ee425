"""What users of comparable services complained about; docs/conformance.md names their reports."""

from __future__ import annotations

import time

import httpx
import pytest

from api.app import create_app
from api.settings import GatewaySettings
from core.store.attempts import Attempts
from core.store.records import JobStatus
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.worker_twin import worker_twin

FRESH = {"Cache-Control": "no-cache"}  # judged, though the bytes were seen before


def submit(client: httpx.Client) -> str:
    answer = client.post("/v1/jobs", content=MP4, headers=FRESH)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def settled(client: httpx.Client, *, queued: int) -> dict[str, int]:
    """The capacity, which may be a second old, once it tells of ``queued`` jobs."""
    deadline = time.monotonic() + 20
    told: dict[str, int] = client.get("/v1/capacity").json()
    while told["queued"] != queued and time.monotonic() < deadline:
        time.sleep(0.1)
        told = client.get("/v1/capacity").json()
    return told


def test_a_job_is_found_at_every_gateway_as_soon_as_it_is_made(
    client: httpx.Client, settings: GatewaySettings, doorbell: DoorbellTwin
) -> None:
    with serve(create_app(settings, doorbell=doorbell)) as other:
        for here, there in [(client, other), (other, client)] * 10:
            assert there.get(f"/v1/jobs/{submit(here)}").status_code == 200


def test_a_result_can_be_read_again_and_again_until_it_expires(
    client: httpx.Client, redis_url: str
) -> None:
    with worker_twin(redis_url):
        job_id = submit(client)
        first = client.get(f"/v1/jobs/{job_id}?wait=30").json()
    assert first["status"] == "succeeded"
    for _ in range(10):
        assert client.get(f"/v1/jobs/{job_id}").json() == first


def test_a_job_that_failed_says_why_and_whether_to_try_again(
    client: httpx.Client, attempts: Attempts
) -> None:
    job_id = submit(client)
    attempts.take("w1")
    error = {"code": "too_long", "message": "The film lasts 912 s; the limit is 600 s."}
    told = {**error, "retryable": False}
    attempts.finish(job_id, 1, status=JobStatus.FAILED, error=told)
    shown = client.get(f"/v1/jobs/{job_id}").json()
    assert (shown["status"], shown["error"]) == ("failed", told)
    (listed,) = client.get("/v1/jobs?status=failed").json()["jobs"]
    assert listed["error"] == told


def test_a_full_queue_is_503_with_a_time_to_come_back_and_capacity_tells_of_it(
    settings: GatewaySettings, doorbell: DoorbellTwin
) -> None:
    full = settings.model_copy(update={"max_queued_jobs": 2})
    with serve(create_app(full, doorbell=doorbell)) as client:
        for _ in range(2):
            submit(client)
        refused = client.post("/v1/jobs", content=MP4, headers=FRESH)
        told = settled(client, queued=2)
    assert refused.status_code in (429, 503)
    assert refused.json()["retryable"]
    assert int(refused.headers["Retry-After"]) > 0
    assert (told["queued"], told["running"], told["free_slots"]) == (2, 0, 0)


@pytest.mark.parametrize("state", ["queued", "processing", "succeeded"])
def test_a_cancel_answers_at_once_in_whatever_state_the_job_is(
    client: httpx.Client, attempts: Attempts, state: str
) -> None:
    job_id = submit(client)
    if state != "queued":
        attempts.take("w1")
    if state == "succeeded":
        attempts.finish(job_id, 1, status=JobStatus.SUCCEEDED)
    before = time.monotonic()
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert time.monotonic() - before < 5  # on a busy machine; the reported one took minutes
    assert answer.status_code == (409 if state == "succeeded" else 202)
    shown = client.get(f"/v1/jobs/{job_id}").json()
    assert (shown["status"], shown["cancel_requested"]) == {
        "queued": ("canceled", False), "processing": ("processing", True),
        "succeeded": ("succeeded", False),
    }[state]  # fmt: skip
