from __future__ import annotations

import hashlib

import httpx
import pytest

from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import JobStatus
from tests.api.gateway import MP4, PNG, DoorbellTwin


def submit(client: httpx.Client) -> str:
    return str(client.post("/v1/jobs", content=MP4).json()["id"])


def test_a_raw_body_becomes_a_queued_job(
    client: httpx.Client, doorbell: DoorbellTwin, jobs: JobStore, blobs: RedisBlobStore
) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers={"Content-Type": "text/plain"})
    view = answer.json()
    path = f"/v1/jobs/{view['id']}"
    assert answer.status_code == 202
    assert answer.headers["location"] == answer.headers["operation-location"] == path
    assert answer.headers["retry-after"] == "1"
    assert (view["status"], view["queue_position"], view["attempt"]) == ("queued", 1, 0)
    assert view["links"] == {
        "self": path,
        "cancel": f"{path}/cancel",
        "events": f"{path}/events",
    }
    assert view["media"]["sha256"] == hashlib.sha256(MP4).hexdigest()
    assert (view["media"]["kind"], view["media"]["container"]) == ("video", "mp4")
    assert doorbell.rung == ["interactive"]
    assert b"".join(blobs.read(jobs.get(view["id"]).media.blob_id)) == MP4


def test_a_form_carries_the_file_and_the_options(client: httpx.Client, jobs: JobStore) -> None:
    form = {"frames": "7", "sampling": "exact", "queue": "batch", "tag": ["a", "b"]}
    answer = client.post("/v1/jobs", files={"file": ("x.exe", PNG, "text/plain")}, data=form)
    job = jobs.get(answer.json()["id"])
    assert answer.status_code == 202
    assert (job.options.frames, job.options.sampling, job.queue) == (7, "exact", "batch")
    assert (job.tags, job.media.kind, job.media.container) == (("a", "b"), "image", "png")


def test_query_parameters_count_too_and_form_fields_win(
    client: httpx.Client, jobs: JobStore
) -> None:
    url = "/v1/jobs?frames=3&sampling=exact&tag=q"
    answer = client.post(url, files={"file": MP4}, data={"frames": "4"})
    job = jobs.get(answer.json()["id"])
    assert (job.options.frames, job.options.sampling, job.tags) == (4, "exact", ("q",))


@pytest.mark.parametrize(
    "query",
    ["frames=0", "frames=51", "frames=x", "sampling=all", "queue=vip", f"tag={'x' * 65}", "fps=3"],
)
def test_a_bad_option_is_named(client: httpx.Client, doorbell: DoorbellTwin, query: str) -> None:
    name, _, value = query.partition("=")
    by_query = client.post(f"/v1/jobs?{query}", content=MP4)
    by_form = client.post("/v1/jobs", files={"file": MP4}, data={name: value})
    for answer in (by_query, by_form):
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/invalid_parameter"
        assert name in answer.json()["detail"]
    assert doorbell.rung == []


def test_a_job_is_followed_to_its_result(client: httpx.Client, attempts: Attempts) -> None:
    job_id = submit(client)
    attempts.take("w1")
    running = client.get(f"/v1/jobs/{job_id}")
    assert (running.json()["status"], running.json()["queue_position"]) == ("processing", None)
    assert running.headers["retry-after"] == "1"
    media = {"codec": "h264", "duration_s": 1.5, "width": 64, "height": 48}
    error = {"code": "unreadable_media", "message": "It is cut off.", "retryable": False}
    attempts.finish(job_id, 1, status=JobStatus.FAILED, error=error, media_info=media)
    ended = client.get(f"/v1/jobs/{job_id}")
    assert "retry-after" not in ended.headers
    assert (ended.json()["status"], ended.json()["error"]) == ("failed", error)
    assert ended.json()["media"].items() >= media.items()
    assert ended.json()["media"]["deleted_at"] is not None


def test_an_unchanged_job_answers_304(client: httpx.Client, attempts: Attempts) -> None:
    job_id = submit(client)
    etag = client.get(f"/v1/jobs/{job_id}").headers["etag"]
    unchanged = client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == etag
    attempts.take("w1")
    assert client.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": etag}).status_code == 200


def test_the_place_in_the_queue_moves_up_and_changes_the_etag(
    client: httpx.Client, attempts: Attempts
) -> None:
    submit(client)
    second = submit(client)
    before = client.get(f"/v1/jobs/{second}")
    attempts.take("w1")
    after = client.get(f"/v1/jobs/{second}")
    assert [answer.json()["queue_position"] for answer in (before, after)] == [2, 1]
    assert before.headers["retry-after"] == "2"
    assert before.headers["etag"] != after.headers["etag"]


def test_a_waiting_job_is_canceled_at_once_and_its_bytes_go(
    client: httpx.Client, blobs: RedisBlobStore
) -> None:
    job_id = submit(client)
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "canceled")
    while client.get(f"/v1/jobs/{job_id}").json()["media"]["deleted_at"] is None:
        pass
    assert blobs.usage().used == 0
    again = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/job_finished")


def test_a_running_job_is_asked_to_stop(client: httpx.Client, attempts: Attempts) -> None:
    job_id = submit(client)
    attempts.take("w1")
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    assert answer.json()["cancel_requested"] is True
    assert attempts.renew(job_id, 1).cancel_requested


def test_a_deleted_job_is_gone_with_its_bytes(client: httpx.Client, blobs: RedisBlobStore) -> None:
    job_id = submit(client)
    assert client.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert blobs.usage().used == 0
    for call in (client.get, client.delete):
        gone = call(f"/v1/jobs/{job_id}")
        assert (gone.status_code, gone.json()["type"]) == (404, "/problems/job_not_found")
    assert client.post(f"/v1/jobs/{job_id}/cancel").status_code == 404
