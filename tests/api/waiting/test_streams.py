"""A job followed over server-sent events, by real clients of real gateways."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from fastapi import routing
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from api.waiting import watching
from core.store.attempts import Attempts
from core.store.records import JobStatus, Progress
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.sse import Event, events
from tests.redis_server import RedisServer


def submit(client: httpx.Client) -> str:
    return str(client.post("/v1/jobs", content=MP4).json()["id"])


@contextmanager
def followed(
    client: httpx.Client, job_id: str, last_event_id: str | None = None
) -> Iterator[Iterator[Event]]:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    with client.stream("GET", f"/v1/jobs/{job_id}/events", headers=headers) as response:
        assert response.status_code == 200
        yield events(response)


def within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not (is_done := done()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_done


def test_every_change_is_told_as_the_job_itself_shows_it_and_the_end_is_the_last(
    client: httpx.Client, attempts: Attempts
) -> None:
    job_id = submit(client)
    with followed(client, job_id) as stream:
        first = next(stream)
        answer = client.get(f"/v1/jobs/{job_id}")
        assert (first.kind, first.data) == ("job", answer.json())
        assert f'"{first.id}"' == answer.headers["etag"]
        attempts.take("w1")
        assert next(stream).data["status"] == "processing"
        attempts.set_stage(job_id, 1, "decode", total=10)
        assert next(stream).data["progress"] == {"stage": "decode", "done": 0, "total": 10}
        attempts.renew(job_id, 1, Progress("decode", 7, 10))
        assert next(stream).data["progress"]["done"] == 7
        attempts.finish(job_id, 1, status=JobStatus.CANCELED)
        last = next(stream)
        assert last.data == client.get(f"/v1/jobs/{job_id}").json()
        assert last.data["status"] == "canceled"
        assert list(stream) == []


def test_a_job_that_has_ended_is_told_once(client: httpx.Client, attempts: Attempts) -> None:
    job_id = submit(client)
    client.post(f"/v1/jobs/{job_id}/cancel")
    with followed(client, job_id) as stream:
        (only,) = stream
    assert only.data["status"] == "canceled"
    with followed(client, job_id, only.id) as stream:  # a browser that has not heard of the close
        assert list(stream) == [only]


def test_a_place_in_the_queue_that_moves_up_is_told(
    client: httpx.Client, attempts: Attempts
) -> None:
    submit(client)
    with followed(client, submit(client)) as stream:
        assert next(stream).data["queue_position"] == 2
        attempts.take("w1")
        assert next(stream).data["queue_position"] == 1


def test_a_stream_that_broke_off_goes_on_at_another_gateway(
    client: httpx.Client, settings: GatewaySettings, attempts: Attempts
) -> None:
    job_id = submit(client)
    attempts.take("w1")
    with followed(client, job_id) as stream:
        seen = next(stream)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as other:
        with followed(other, job_id, seen.id) as stream, ThreadPoolExecutor(1) as reader:
            soonest = reader.submit(next, stream)
            time.sleep(0.3)
            assert not soonest.done()  # what is known is not told again
            attempts.set_stage(job_id, 1, "infer", total=4)
            assert soonest.result().data["stage"] == "infer"
        with followed(other, job_id, seen.id) as stream:  # and what was missed is told at once
            assert next(stream).data["stage"] == "infer"


def test_a_job_that_is_deleted_is_gone(client: httpx.Client) -> None:
    job_id = submit(client)
    with followed(client, job_id) as stream:
        next(stream)
        client.delete(f"/v1/jobs/{job_id}")
        gone = next(stream)
        assert (gone.kind, gone.data) == ("gone", {"id": job_id})
        assert list(stream) == []


def test_a_record_that_expires_without_an_event_is_gone_too(
    client: httpx.Client, redis: Redis
) -> None:
    job_id = submit(client)
    with followed(client, job_id) as stream:
        next(stream)
        redis.delete(f"df:job:{job_id}")
        assert next(stream).kind == "gone"


def test_an_unknown_job_is_a_problem_and_no_stream(client: httpx.Client) -> None:
    answer = client.get("/v1/jobs/job_x/events")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/job_not_found")


def test_head_tells_the_type_and_does_not_wait(client: httpx.Client) -> None:
    answer = client.head(f"/v1/jobs/{submit(client)}/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"


def test_a_silent_stream_has_a_heartbeat(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert routing._PING_INTERVAL == 15  # type: ignore[attr-defined]
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.1)
    with client.stream("GET", f"/v1/jobs/{submit(client)}/events") as response:
        lines = response.iter_lines()
        assert any(line == ": ping" for line in lines)


@pytest.fixture
def keyed(settings: GatewaySettings, tmp_path: Path) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A gateway with two tenants and three streams, of which each tenant may have two."""
    keys = [new_key("acme"), new_key("other")]
    file = tmp_path / "keys"
    file.write_text("".join(f"{key.entry}\n" for key in keys))
    limited = settings.model_copy(
        update={"api_keys_file": file, "max_event_streams": 3, "tenant_share": 0.7}
    )
    with serve(create_app(limited, doorbell=DoorbellTwin())) as client:
        yield client, [key.secret for key in keys]


def test_a_tenant_neither_sees_the_jobs_of_others_nor_takes_all_streams(
    keyed: tuple[httpx.Client, list[str]],
) -> None:
    client, (acme, other) = keyed
    mine, theirs = ({"X-API-Key": key} for key in (acme, other))
    url = client.post("/v1/jobs", content=MP4, headers=mine).json()["links"]["events"]
    own = client.post("/v1/jobs", content=MP4, headers=theirs).json()["links"]["events"]
    assert client.get(url, headers=theirs).status_code == 404
    assert client.get(url).status_code == 401
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(client.stream("GET", url, headers=mine))
        third = client.get(url, headers=mine)
        assert (third.status_code, third.headers["retry-after"]) == (429, "5")
        assert third.json()["type"] == "/problems/too_many_event_streams"
        stack.enter_context(client.stream("GET", own, headers=theirs))
        full = client.get(own, headers=theirs)
        assert (full.status_code, full.json()["type"]) == (503, "/problems/gateway_busy")
        assert "3 event streams" in full.json()["detail"]


def test_nothing_is_left_of_a_client_that_went_away(
    client: httpx.Client, settings: GatewaySettings
) -> None:
    job_id = submit(client)
    one_place = settings.model_copy(update={"max_event_streams": 1})
    with serve(create_app(one_place, doorbell=DoorbellTwin())) as small:
        for _ in range(3):  # each needs the place of the one before

            def opened() -> bool:
                with small.stream("GET", f"/v1/jobs/{job_id}/events") as response:
                    return response.status_code == 200

            assert within(10, opened)


def test_a_gateway_that_stops_ends_its_streams_and_its_polls_cleanly(
    client: httpx.Client, settings: GatewaySettings
) -> None:
    job_id = submit(client)
    stopping = serve(create_app(settings, doorbell=DoorbellTwin()))
    url = stopping.__enter__().base_url  # its own client goes before the gateway does
    with ExitStack() as stack:
        other = stack.enter_context(httpx.Client(base_url=url, timeout=60))
        stream = stack.enter_context(followed(other, job_id))
        waiter = stack.enter_context(ThreadPoolExecutor(1))
        next(stream)
        poll = waiter.submit(other.get, f"/v1/jobs/{job_id}?wait=30")
        time.sleep(0.3)
        stopped = threading.Thread(target=stopping.__exit__, args=(None, None, None))
        stopped.start()
        assert list(stream) == []  # an end, and no broken connection
        assert poll.result().json()["status"] == "queued"
        stopped.join()


def test_a_gateway_that_stops_does_not_wait_for_polls_whose_clients_went_away(
    client: httpx.Client, settings: GatewaySettings, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = submit(client)
    app = create_app(settings, doorbell=DoorbellTwin())
    log = logging.getLogger("uvicorn.error")  # it tells its parents nothing
    with serve(app) as other, suppress(httpx.ReadTimeout):
        log.addHandler(caplog.handler)
        other.get(f"/v1/jobs/{job_id}?wait=30", timeout=1)
    log.removeHandler(caplog.handler)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_redis_that_is_away_ends_polls_and_streams_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "RECHECK_S", 0.2)
    with tempfile.TemporaryDirectory(prefix="df-") as folder, ExitStack() as stack:
        server = stack.enter_context(RedisServer(Path(folder)))
        app = create_app(GatewaySettings(redis_url=server.url), doorbell=DoorbellTwin())
        client = stack.enter_context(serve(app))
        job_id = submit(client)
        stream = stack.enter_context(followed(client, job_id))
        next(stream)
        waiter = stack.enter_context(ThreadPoolExecutor(1))
        poll = waiter.submit(client.get, f"/v1/jobs/{job_id}?wait=1")
        server.stop()
        assert poll.result().status_code == 503
        server.start()  # it has forgotten the job
        assert [event.kind for event in stream] == ["gone"]
