"""Batches from their files to their results, over a real gateway and a real Redis."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED

import httpx
import pytest
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.errors import EmptyMedia, JobNotFound
from core.store.attempts import Attempts
from core.store.batches import BatchStore
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import BatchPlace, JobStatus
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve
from tests.api.judged import MODEL, judged
from tests.api.upload.test_reference import fetching, ok, url_of
from tests.api.zips import zipped
from tests.core.net.listener import Listener

ACME, EVIL = new_key("acme"), new_key("evil")
Files = list[tuple[str, tuple[str, bytes]]]


def files(*contents: bytes) -> Files:
    return [("file", (f"clip {n}.mp4", data)) for n, data in enumerate(contents)]


def send(client: httpx.Client, *contents: bytes, query: str = "") -> Any:
    answer = client.post(f"/v1/batches{query}", files=files(*contents))
    assert answer.status_code == 202, answer.text
    return answer.json()


def results(client: httpx.Client, batch: Any) -> list[Any]:
    lines = client.get(batch["links"]["results"]).text.splitlines()
    return [json.loads(line) for line in lines]


def counted(batch: Any) -> dict[str, int]:
    return {name: count for name, count in batch["counts"].items() if count}


def judge(attempts: Attempts, verdict: str = "fake") -> None:
    job = attempts.take("w1")
    assert job is not None
    attempts.finish(
        job.id, job.attempt, status=JobStatus.SUCCEEDED, result={"verdict": verdict, "frames": []}
    )


def test_a_form_with_many_files_becomes_a_batch_of_jobs(
    client: httpx.Client, jobs: JobStore, doorbell: DoorbellTwin
) -> None:
    form = {"frames": "7", "tag": ["a", "b"]}
    answer = client.post("/v1/batches", data=form, files=files(MP4, PNG))
    batch = answer.json()
    path = f"/v1/batches/{batch['id']}"
    assert (answer.status_code, answer.headers["location"]) == (202, path)
    assert batch["links"] == {
        "self": path, "results": f"{path}/results", "cancel": f"{path}/cancel",
    }  # fmt: skip
    assert (batch["status"], batch["tags"], counted(batch)) == (
        "running", ["a", "b"], {"total": 2, "queued": 2},
    )  # fmt: skip
    first, second = results(client, batch)
    assert [first["name"], second["name"]] == ["clip 0.mp4", "clip 1.mp4"]
    job = jobs.get(second["job"]["id"])
    assert (job.queue, job.options.frames, job.tags) == ("batch", 7, ("a", "b"))
    assert job.media.container == "png"
    assert client.get(f"/v1/jobs/{job.id}").json()["batch"] == batch["id"]
    assert doorbell.rung == ["batch", "batch"]


def test_files_that_are_refused_do_not_end_the_batch(client: httpx.Client) -> None:
    batch = send(client, MP4, b"", b"%PDF-1.7 no film", bytes(3_000_001), PNG)
    assert counted(batch) == {"total": 5, "queued": 2, "failed": 3}
    items = results(client, batch)
    codes = [item["error"]["code"] if item["error"] else None for item in items]
    assert codes[:3] == [None, "empty_media", "unsupported_media"]
    assert codes[4] is None
    assert [item["number"] for item in items] == list(range(5))


def test_a_file_that_is_too_large_is_refused_and_the_next_one_taken(
    client: httpx.Client, blobs: RedisBlobStore
) -> None:
    batch = send(client, MP4 + bytes(3_000_000), PNG)
    items = results(client, batch)
    assert (items[0]["error"]["code"], items[1]["job"]["status"]) == ("too_large", "queued")
    while blobs.usage().used != len(PNG):  # the bytes of the first are discarded soon
        pass


def test_a_batch_is_polled_to_its_end_and_tells_its_results_in_order(
    client: httpx.Client, attempts: Attempts
) -> None:
    batch = send(client, MP4, PNG, b"")
    running = client.get(batch["links"]["self"])
    assert running.headers["retry-after"] == "2"
    judge(attempts, "fake")
    judge(attempts, "real")
    ended = client.get(f"{batch['links']['self']}?wait=5")
    assert "retry-after" not in ended.headers
    view = ended.json()
    assert (view["status"], view["verdicts"]) == (
        "partially_failed", {"fake": 1, "real": 1, "inconclusive": 0},
    )  # fmt: skip
    assert view["finished_at"] is not None


def test_any_gateway_tells_of_any_batch(
    client: httpx.Client, settings: GatewaySettings, attempts: Attempts
) -> None:
    """docling-serve#467: what one process took was not found by another one."""
    with serve(create_app(settings, doorbell=DoorbellTwin())) as other:
        for _ in range(5):
            batch = send(client, MP4)
            assert other.get(batch["links"]["self"]).json() == batch
            assert results(other, batch)[0]["job"]["status"] == "queued"
            assert other.post(batch["links"]["cancel"]).json()["status"] == "canceled"
            assert client.get(batch["links"]["self"]).json()["status"] == "canceled"


def test_one_file_that_cannot_be_judged_does_not_fail_the_others(
    client: httpx.Client, attempts: Attempts
) -> None:
    """docling-serve#404: one bad document ended the conversion of all."""
    batch = send(client, MP4, b"%PDF-1.7", PNG)
    judge(attempts, "real")
    judge(attempts, "fake")
    view = client.get(batch["links"]["self"]).json()
    assert (view["status"], counted(view)) == (
        "partially_failed", {"total": 3, "succeeded": 2, "failed": 1},
    )  # fmt: skip


def test_an_idempotency_key_gives_the_same_batch_again(
    client: httpx.Client, jobs: JobStore, redis: Redis
) -> None:
    key = {"Idempotency-Key": "order-17"}
    first = client.post("/v1/batches", files=files(MP4, PNG), headers=key)
    again = client.post("/v1/batches", files=files(MP4, PNG), headers=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    assert jobs.counts().queued["batch"] == 2
    assert client.post("/v1/jobs", content=MP4, headers=key).status_code == 202  # a key of jobs
    redis.hset(f"df:batch:{first.json()['id']}", "complete", 0)  # it is still being sent
    under_way = client.post("/v1/batches", files=files(MP4, PNG), headers=key)
    assert (under_way.status_code, under_way.json()["type"]) == (409, "/problems/batch_under_way")
    client.delete(first.json()["links"]["self"])
    anew = client.post("/v1/batches", files=files(MP4), headers=key)
    assert (anew.status_code, anew.json()["id"] == first.json()["id"]) == (202, False)


def test_a_batch_whose_gateway_died_is_made_anew_by_its_idempotency_key(
    client: httpx.Client, jobs: JobStore, redis: Redis
) -> None:
    key = {"Idempotency-Key": "order-18"}
    first = client.post("/v1/batches", files=files(MP4, PNG), headers=key).json()
    redis.hset(f"df:batch:{first['id']}", mapping={"complete": 0, "sending_until": 1})
    anew = client.post("/v1/batches", files=files(MP4, PNG), headers=key)
    assert (anew.status_code, anew.json()["counts"]["queued"]) == (202, 2)
    assert client.get(first["links"]["self"]).status_code == 404
    assert jobs.counts().queued["batch"] == 2


def test_a_wait_ends_when_its_time_is_over(client: httpx.Client) -> None:
    batch = send(client, MP4)
    assert client.get(f"{batch['links']['self']}?wait=0.2").json()["status"] == "running"


def test_a_zip_archive_stands_for_its_files(client: httpx.Client) -> None:
    archive = zipped({"a/": b"", "a/b.mp4": MP4, "__MACOSX/._b": b"x", "notes.txt": b"hello"})
    forms: list[Any] = [
        {"content": archive, "headers": {"Content-Type": "application/zip"}},
        {"files": {"file": ("x.zip", archive)}},
    ]
    for sent in forms:
        answer = client.post("/v1/batches", **sent)
        assert answer.status_code == 202, answer.text
        items = results(client, answer.json())
        assert [item["name"] for item in items] == ["a/b.mp4", "notes.txt"]
        assert items[0]["job"]["media"]["size"] == len(MP4)
        assert items[1]["error"]["code"] == "unsupported_media"


def test_a_canceled_batch_ends_and_can_be_deleted(
    client: httpx.Client, blobs: RedisBlobStore, jobs: JobStore
) -> None:
    batch = send(client, MP4, PNG)
    canceled = client.post(batch["links"]["cancel"])
    assert (canceled.status_code, canceled.json()["status"]) == (202, "canceled")
    assert client.post(batch["links"]["cancel"]).json()["type"] == "/problems/batch_finished"
    assert blobs.usage().used == 0
    job_id = results(client, batch)[0]["job"]["id"]
    assert client.delete(batch["links"]["self"]).status_code == 204
    with pytest.raises(JobNotFound):
        jobs.get(job_id)
    for call in (client.get, client.delete):
        gone = call(batch["links"]["self"])
        assert (gone.status_code, gone.json()["type"]) == (404, "/problems/batch_not_found")
    assert client.get(batch["links"]["results"]).status_code == 404


def test_a_job_that_was_deleted_is_null_in_the_results(client: httpx.Client) -> None:
    batch = send(client, MP4, PNG)
    job_id = results(client, batch)[0]["job"]["id"]
    client.delete(f"/v1/jobs/{job_id}")
    first, second = results(client, batch)
    assert (first["job"], first["error"], second["job"]["status"]) == (None, None, "queued")
    assert counted(client.get(batch["links"]["self"]).json())["deleted"] == 1


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        ({"content": MP4}, 415, "unsupported_media"),
        ({"content": b""}, 415, "unsupported_media"),
        ({"data": {"tag": "a"}, "files": [("x", ("x", b"x"))]}, 400, "malformed_request"),
        ({"content": zipped({})}, 415, "unsupported_media"),
        ({"content": zipped({"a/": b""})}, 422, "invalid_parameter"),
        ({"content": zipped({"a": MP4}, ZIP_STORED)[:-2000]}, 422, "archive_refused"),
        ({"files": files(*[PNG] * 5)}, 413, "too_many_files"),
        ({"content": zipped({"a": MP4}) + bytes(9_000_000)}, 413, "batch_too_large"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_and_leaves_nothing(
    redis: Redis, redis_url: str, sent: Any, status: int, problem: str
) -> None:
    settings = GatewaySettings(redis_url=redis_url, max_batch_files=4, max_batch_bytes=8_000_000)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        answer = client.post("/v1/batches", **sent)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert [*redis.scan_iter("df:job:*"), *redis.scan_iter("df:batch*")] == []
    assert RedisBlobStore(redis).usage().used == 0


def test_a_field_behind_a_file_is_refused(client: httpx.Client, redis: Redis) -> None:
    parts: list[Any] = [*files(MP4), ("tag", (None, b"late"))]
    answer = client.post("/v1/batches", files=parts)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_parameter")
    assert "'tag'" in answer.json()["detail"]
    while list(redis.scan_iter("df:job:*")):
        pass


def test_tenants_have_their_own_batches(redis_url: str, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys, max_batches=2)
    mine, theirs = ({"X-API-Key": key.secret} for key in (ACME, EVIL))
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        made = [client.post("/v1/batches", files=files(PNG), headers=mine).json() for _ in range(2)]
        full = client.post("/v1/batches", files=files(PNG), headers=mine)
        assert (full.status_code, full.json()["type"]) == (429, "/problems/too_many_batches")
        first = client.get("/v1/batches?limit=1", headers=mine).json()
        second = client.get(first["links"]["next"], headers=mine).json()
        assert [first["batches"][0]["id"], second["batches"][0]["id"]] == [
            made[1]["id"], made[0]["id"],
        ]  # fmt: skip
        assert second["links"]["next"] is None
        assert client.get("/v1/batches", headers=theirs).json()["batches"] == []
        links = made[0]["links"]
        for call, path in (
            (client.get, links["self"]), (client.get, links["results"]),
            (client.post, links["cancel"]), (client.delete, links["self"]),
        ):  # fmt: skip
            assert call(path, headers=theirs).status_code == 404
        assert client.get(links["self"], headers=mine).json()["status"] == "running"


def test_a_file_of_a_batch_waits_for_room_which_others_make(
    redis_url: str, jobs: JobStore, attempts: Attempts
) -> None:
    settings = GatewaySettings(
        redis_url=redis_url, max_upload_bytes=20_000, max_bytes_in_flight=20_000
    )

    def make_room() -> None:
        while jobs.counts().queued["batch"] < 2:  # so many fit
            time.sleep(0.01)
        judge(attempts)

    worker = threading.Thread(target=make_room)
    worker.start()
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        batch = send(client, MP4, MP4, MP4)
    worker.join()
    assert counted(batch) == {"total": 3, "queued": 2, "succeeded": 1}


def multipart(count: int, *, last: bool = False) -> Iterator[bytes]:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    for _ in range(count):
        yield head + MP4 + b"\r\n"
    if last:
        yield b"--b--\r\n"


def test_files_without_room_are_refused_one_by_one_when_patience_is_over(redis_url: str) -> None:
    settings = GatewaySettings(
        redis_url=redis_url, max_upload_bytes=20_000, max_bytes_in_flight=20_000,
        batch_patience_s=0.3,
    )  # fmt: skip
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        batch = send(client, *[MP4] * 5)
        codes = [item["error"]["code"] for item in results(client, batch) if item["error"]]
    assert counted(batch) == {"total": 5, "queued": 2, "failed": 3}
    assert codes == ["store_full"] * 3


def test_a_stored_result_answers_for_a_file_of_a_batch(client: httpx.Client, redis: Redis) -> None:
    held = ModelIdentity(**MODEL.model_dump())
    WorkerRegistry(redis).beat(Heartbeat("w", "host", 1, held, 1, "2026-01-01"))
    judged(client, redis, query="")
    batch = send(client, MP4)
    assert (batch["status"], batch["verdicts"]["fake"]) == ("succeeded", 1)
    assert results(client, batch)[0]["job"]["cached"] is True


def test_a_batch_whose_client_goes_away_leaves_nothing(
    client: httpx.Client, redis: Redis, blobs: RedisBlobStore
) -> None:
    def body() -> Iterator[bytes]:
        yield from multipart(2)
        while not list(redis.scan_iter("df:batch:*")):
            time.sleep(0.01)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        client.post(
            "/v1/batches",
            content=body(),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )
    while list(redis.scan_iter("df:batch*")):
        time.sleep(0.01)
    assert list(redis.scan_iter("df:job:*")) == []
    assert blobs.usage().used == 0


def test_a_batch_that_is_canceled_while_it_is_sent_keeps_what_was_judged(
    client: httpx.Client, attempts: Attempts, jobs: JobStore
) -> None:
    canceled: list[Any] = []

    def body() -> Iterator[bytes]:
        yield from multipart(2)
        while jobs.counts().queued["batch"] < 1:  # the second is made when its end has come
            time.sleep(0.01)
        judge(attempts)
        (batch,) = client.get("/v1/batches").json()["batches"]
        canceled.append(client.post(batch["links"]["cancel"]).json())
        yield from multipart(2, last=True)

    sent = client.post(
        "/v1/batches",
        content=body(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (sent.status_code, sent.json()["type"]) == (409, "/problems/batch_finished")
    assert canceled[0]["id"] in sent.json()["detail"]
    batch = client.get(f"{canceled[0]['links']['self']}?wait=5").json()
    assert (batch["status"], counted(batch)) == (
        "canceled", {"total": 2, "succeeded": 1, "canceled": 1},
    )  # fmt: skip
    assert batch["verdicts"]["fake"] == 1


def test_a_batch_that_is_deleted_while_it_is_sent_is_not_found_at_its_end(
    client: httpx.Client, redis: Redis
) -> None:
    def body() -> Iterator[bytes]:
        yield from multipart(2)
        while not list(redis.scan_iter("df:batch:*")):
            time.sleep(0.01)
        (batch,) = client.get("/v1/batches").json()["batches"]
        client.delete(batch["links"]["self"])
        yield from multipart(2, last=True)

    sent = client.post(
        "/v1/batches",
        content=body(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (sent.status_code, sent.json()["type"]) == (404, "/problems/batch_not_found")
    declared = client.get("/openapi.json").json()["paths"]["/v1/batches"]["post"]["responses"]
    assert "404" in declared
    assert [*redis.scan_iter("df:batch*"), *redis.scan_iter("df:job:*")] == []


def test_a_file_that_came_before_an_earlier_one_is_in_the_results(
    client: httpx.Client, redis: Redis
) -> None:
    """URLs are fetched four at one time, and the last of them may be done first."""
    batches = BatchStore(redis)
    batches.open("batch_1", "local")
    batches.refuse(BatchPlace("batch_1", 3, "d.mp4"), EmptyMedia())
    (line,) = client.get("/v1/batches/batch_1/results").text.splitlines()
    assert (json.loads(line)["number"], json.loads(line)["name"]) == (3, "d.mp4")


def test_urls_become_jobs_in_their_order(redis_url: str, jobs: JobStore, redis: Redis) -> None:
    with Listener(ok(MP4)) as listener, fetching(redis_url, listener) as client:
        urls = [url_of(listener, f"/{n}.mp4?token=s3cret") for n in range(3)]
        urls.insert(1, "http://user:s3cret@10.0.0.1/x.mp4")
        wanted = {"urls": urls, "tag": ["a"], "frames": 3}
        batch = client.post("/v1/batches", json=wanted).json()
        items = results(client, batch)
    assert counted(batch) == {"total": 4, "queued": 3, "failed": 1}
    assert [item["name"] for item in items] == ["0.mp4", "x.mp4", "1.mp4", "2.mp4"]
    assert items[1]["error"]["code"] == "url_not_allowed"
    job = jobs.get(items[3]["job"]["id"])
    assert (job.queue, job.options.frames, job.tags) == ("batch", 3, ("a",))
    stored = [
        *redis.hgetall(f"df:batch-items:{batch['id']}").values(),
        *redis.hgetall(f"df:job:{job.id}").values(),
    ]
    assert not any(b"s3cret" in value for value in stored)


def test_no_url_is_asked_for_its_file_before_there_is_room_for_it(redis_url: str) -> None:
    full = {"max_queued_jobs": 1, "batch_patience_s": 0.1}
    with Listener(ok(MP4)) as listener, fetching(redis_url, listener, **full) as client:
        client.post("/v1/jobs", content=PNG)
        batch = client.post("/v1/batches", json={"urls": [url_of(listener)]}).json()
        (item,) = results(client, batch)
        assert (item["error"]["code"], listener.hits) == ("queue_full", 0)


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"urls": []}, 422), ({"urls": ["x"] * 4}, 413), ({}, 422), ({"url": "x"}, 422)],
)
def test_a_list_of_urls_is_checked_before_anything_is_made(
    redis_url: str, redis: Redis, sent: Any, status: int
) -> None:
    with Listener() as listener, fetching(redis_url, listener, max_batch_files=3) as client:
        assert client.post("/v1/batches", json=sent).status_code == status
        assert listener.hits == 0
    assert list(redis.scan_iter("df:batch*")) == []


def test_the_callback_of_a_batch_is_the_batchs_own(
    redis_url: str, jobs: JobStore, redis: Redis
) -> None:
    with Listener() as listener, fetching(redis_url, listener) as client:
        form = {"callback_url": url_of(listener, "/hook")}
        batch = client.post("/v1/batches", data=form, files=files(MP4)).json()
        (item,) = results(client, batch)
        refused = client.post(
            "/v1/batches", data={"callback_url": "http://10.0.0.1/x"}, files=files(MP4)
        )
    assert jobs.get(item["job"]["id"]).callback_url is None
    assert redis.hget(f"df:batch:{batch['id']}", "callback_url") == form["callback_url"].encode()
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/url_not_allowed")


def test_no_url_is_fetched_where_that_is_off(client: httpx.Client) -> None:
    answer = client.post("/v1/batches", json={"urls": ["http://example.com/a.mp4"]})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
