"""Both clients against a real gateway: each call gives the same from either."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import GatewaySettings
from core.scopes import Scope
from core.store.connection import connect
from deepfake_client import ApiError, AsyncClient, Client
from tests.api.gateway import MP4, PNG, DoorbellTwin, serve
from tests.api.keys import make_key
from tests.api.worker_twin import worker_twin
from tests.redis_server import RedisServer

LARGE = MP4 + bytes(9_000_000)


class Both:
    """Calls one of the two clients, whichever it is."""

    def __init__(self, client: Client | AsyncClient) -> None:
        self._client = client
        self._loop = asyncio.new_event_loop()

    def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        answer = getattr(self._client, name)(*arguments, **options)
        if isinstance(answer, AsyncIterator):
            return self._loop.run_until_complete(_all(answer))
        if inspect.iscoroutine(answer):
            return self._loop.run_until_complete(answer)
        return list(answer) if isinstance(answer, Iterator) else answer

    def end(self) -> None:
        self("close")
        self._loop.close()


async def _all(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


@pytest.fixture(scope="module")
def address(redis_server: RedisServer) -> Iterator[tuple[str, str]]:
    """A gateway with a worker, and a key for it."""
    with redis_server.client() as client:
        client.flushall()
    with connect(redis_server.url) as redis:
        secret = make_key(redis, "acme", *Scope).secret
    settings = GatewaySettings(redis_url=redis_server.url, api_keys="redis")
    with (
        serve(create_app(settings, doorbell=DoorbellTwin())) as http,
        worker_twin(redis_server.url),
    ):
        yield str(http.base_url), secret


@pytest.fixture(params=[Client, AsyncClient])
def call(request: pytest.FixtureRequest, address: tuple[str, str]) -> Iterator[Both]:
    both = Both(request.param(address[0], api_key=address[1]))
    yield both
    both.end()


def test_a_file_is_detected_in_one_call(call: Both, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(MP4)
    sent: list[int] = []
    states: list[str] = []
    job = call("detect", clip, frames=5, tags=["a"], on_progress=sent.append,
               on_change=lambda job: states.append(job.status))  # fmt: skip
    assert (job.status, job.verdict, job.tags) == ("succeeded", "fake", ["a"])
    assert sum(sent) == len(MP4)
    assert states[-1:] in ([], ["succeeded"])  # none where a stored result answers


def test_events_and_waiting_end_with_the_same_state(call: Both) -> None:
    job = call("submit", PNG)
    assert call("events", job.id)[-1].document["result"] == call("wait", job.id).document["result"]
    assert call("get", job.id, wait_s=1).done


def test_a_list_is_followed_over_its_pages(call: Both) -> None:
    ids = {call("submit", MP4, tags=["many"]).id for _ in range(3)}
    listed = call("list", tag="many", limit=2)
    assert ids <= {job.id for job in listed}
    assert {job.verdict for job in listed} <= {"fake", None}


def test_a_batch_tells_of_each_of_its_files(call: Both) -> None:
    batch = call("batch", MP4, PNG, b"no media", tags=["b"])
    batch = call("wait_batch", batch.id, timeout_s=30)
    assert (batch.status, batch.counts["total"], batch.done) == ("partially_failed", 3, True)
    items = call("batch_results", batch.id)
    assert [item.job.verdict if item.job else item.error.code for item in items] == [
        "fake", "fake", "unsupported_media",
    ]  # fmt: skip
    call("delete_batch", batch.id)
    with pytest.raises(ApiError) as gone:
        call("get_batch", batch.id)
    assert gone.value.code == "batch_not_found"


def test_an_archive_is_a_batch_too(call: Both) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp4", MP4)
        archive.writestr("b.png", PNG)
    batch = call("wait_batch", call("batch", packed.getvalue()).id, timeout_s=30)
    assert [item.name for item in call("batch_results", batch.id)] == ["a.mp4", "b.png"]


def test_a_large_file_is_sent_resumably(call: Both) -> None:
    sent: list[int] = []
    job = call("submit", LARGE, on_progress=sent.append)
    assert sum(sent) == job.document["media"]["size"] == len(LARGE)


def test_a_url_is_the_service_s_to_fetch(call: Both) -> None:
    with pytest.raises(ApiError) as refused:
        call("submit", "http://127.0.0.1/clip.mp4")
    assert refused.value.code == "url_not_allowed"


def test_cancel_delete_and_any_other_call(call: Both) -> None:
    job = call("detect", MP4)
    with pytest.raises(ApiError) as ended:
        call("cancel", job.id)
    assert ended.value.code == "job_finished"
    call("give_feedback", job.id, "real", comment="my own film")
    assert job.id in {entry["job"] for entry in call("feedback_entries")}
    call("delete", job.id)
    with pytest.raises(ApiError) as gone:
        call("events", job.id)
    assert gone.value.code == "job_not_found"
    made = call("call", "POST", "/v1/webhooks", {"url": "https://example.org/hook"})
    assert made["secret"].startswith("whsec_")
    call("call", "DELETE", f"/v1/webhooks/{made['id']}")


class Cut(httpx.BaseTransport):
    """Lets some bytes of each of the first ``cuts`` PATCHes pass, and breaks the connection."""

    def __init__(self, cuts: int, passed: int) -> None:
        self._real = httpx.HTTPTransport()
        self._cuts, self._passed = cuts, passed
        self.patches = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            self.patches += 1
            if self.patches <= self._cuts:
                request.stream = _Broken(request.stream, self._passed)
        return self._real.handle_request(request)


class _Broken(httpx.SyncByteStream):
    def __init__(self, stream: Any, passed: int) -> None:
        self._stream, self._passed = stream, passed

    def __iter__(self) -> Iterator[bytes]:
        left = self._passed
        for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                raise httpx.WriteError("the cable was pulled")


def test_an_upload_that_is_cut_goes_on_where_it_stands(
    address: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepfake_client.client.time.sleep", lambda _: None)
    transport = Cut(cuts=3, passed=2_000_000)
    with Client(address[0], api_key=address[1], transport=transport) as client:
        job = client.submit(LARGE)
    assert job.document["media"]["size"] == len(LARGE)
    assert transport.patches >= 4


def test_a_submission_whose_answer_was_lost_is_sent_again_and_makes_one_job(
    address: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deepfake_client.client.time.sleep", lambda _: None)

    ids: list[str] = []

    class Deaf(httpx.BaseTransport):
        real = httpx.HTTPTransport()

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = self.real.handle_request(request)
            ids.append(json.loads(response.read())["id"])
            if len(ids) == 1:
                raise httpx.ReadError("reset")
            return httpx.Response(response.status_code, content=response.content)

    with Client(address[0], api_key=address[1], transport=Deaf()) as client:
        job = client.submit(MP4)
    assert ids == [job.id, job.id]
