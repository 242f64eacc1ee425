"""The client against a scripted service; test_service.py has the real one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

from deepfake_client import ApiError, Client, ClientError, ServerUnreachable, WaitTimeout

BATCH = {"id": "batch_1", "status": "running", "counts": {"total": 1}}
JOB = {"id": "job_1", "status": "queued", "result": None, "error": None}
RESULT = {
    "verdict": "fake", "reasons": [], "fake_probability": 0.9, "confidence": 0.9,
    "calibrated": True, "thresholds": {"fake": 0.8, "real": 0.2}, "frames_requested": 1,
    "frames_scored": 1, "frames": [], "timings_ms": {},
    "model": {"name": "m", "version": "1", "sha256": "0" * 64, "runtime": "tensorflow"},
}  # fmt: skip
DONE = {**JOB, "status": "succeeded", "result": RESULT}
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client slept; nobody waits for it."""
    slept: list[float] = []
    monkeypatch.setattr("deepfake_client.client.time.sleep", slept.append)
    return slept


class Script:
    """Answers one request after the other, and remembers them with their bodies."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **options: Any) -> Client:
        return Client("http://there/", transport=httpx.MockTransport(self), **options)


def answer(status: int, document: object = None, **headers: str) -> httpx.Response:
    content = b"" if document is None else json.dumps(document).encode()
    return httpx.Response(status, content=content, headers=headers)


def busy(after: str = "2", status: int = 503) -> httpx.Response:
    problem = {"type": "/problems/store_full", "detail": "full"}
    return answer(status, problem, **{"Retry-After": after})


def test_an_upload_carries_file_options_key_and_idempotency_key(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"film")
    script = Script(answer(202, JOB))
    job = script.client(api_key="dfk_x").submit(clip, frames=5, sampling="exact", tags=["a", "b"])
    assert (job.id, job.status, job.done) == ("job_1", "queued", False)
    (request,) = script.requests
    assert request.url.path == "/v1/jobs"
    assert request.headers["Authorization"] == "Bearer dfk_x"
    assert len(request.headers["Idempotency-Key"]) == 32
    body = script.bodies[0].decode()
    for part in ('filename="clip.mp4"', "film", 'name="frames"', "exact", 'name="tag"'):
        assert part in body


@pytest.mark.parametrize("as_what", ["path", "bytes", "file"])
def test_paths_bytes_and_open_files_are_taken(tmp_path: Path, as_what: str) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"film")
    kinds: dict[str, str | bytes | BinaryIO] = {
        "path": str(clip), "bytes": b"film", "file": io.BytesIO(b"film"),
    }  # fmt: skip
    script = Script(answer(202, JOB))
    script.client().submit(kinds[as_what])
    assert b"\r\n\r\nfilm\r\n" in script.bodies[0]


def test_a_file_goes_out_from_where_it_stands_and_stays_open() -> None:
    stream = io.BytesIO(b"headerfilm")
    stream.seek(6)
    script = Script(answer(202, JOB))
    script.client().submit(stream)
    assert b"\r\n\r\nfilm\r\n" in script.bodies[0]
    assert not stream.closed


def test_a_busy_service_gets_the_whole_file_again_with_the_same_key(naps: list[float]) -> None:
    script = Script(busy("2"), busy("3", 429), answer(202, JOB))
    counted: list[int] = []
    script.client().submit(b"film" * 1000, on_progress=counted.append)
    assert naps == [2, 3]
    assert len({r.headers["Idempotency-Key"] for r in script.requests}) == 1
    assert [body.count(b"film") for body in script.bodies] == [1000] * 3
    assert sum(counted) == 4000


def test_a_batch_whose_first_try_broke_off_is_sent_again_once_the_service_has_noticed(
    naps: list[float],
) -> None:
    under_way = busy("5", 409)
    script = Script(httpx.ReadError("gone"), under_way, under_way, answer(202, BATCH))
    assert script.client().batch(b"film").id == "batch_1"
    assert naps[1:] == [5, 5]
    assert len({r.headers["Idempotency-Key"] for r in script.requests}) == 1


def test_retries_end(naps: list[float]) -> None:
    script = Script(*[busy() for _ in range(3)])
    with pytest.raises(ApiError, match="503: full") as caught:
        script.client(max_retries=2).submit(b"film")
    assert (len(naps), caught.value.retry_after_s) == (2, 2.0)


def test_a_wait_that_a_service_asks_for_is_bounded(naps: list[float]) -> None:
    Script(busy("86400"), answer(200, JOB)).client().get("job_1")
    assert naps == [60]


def test_other_refusals_are_not_repeated_and_carry_the_problem() -> None:
    problem = {"type": "/problems/unsupported_media", "detail": "It looks like a PDF."}
    with pytest.raises(ApiError, match="415: It looks like a PDF") as caught:
        Script(answer(415, problem)).client().submit(b"x")
    assert caught.value.problem == problem
    assert caught.value.code == "unsupported_media"


def test_reads_survive_a_broken_connection_but_an_upload_is_not_sent_twice() -> None:
    broken = httpx.ConnectError("refused")
    assert Script(broken, answer(200, JOB)).client().get("job_1").id == "job_1"
    script = Script(broken)
    with pytest.raises(ServerUnreachable, match="http://there"):
        script.client().submit(b"x")
    assert len(script.requests) == 1


def test_a_page_that_is_no_service_is_told_apart() -> None:
    with pytest.raises(ApiError, match="is this a deepfake service"):
        Script(answer(200, {"hello": "world"})).client().get("job_1")
    with pytest.raises(ApiError, match="is this a deepfake service"):
        Script(httpx.Response(200, text="<html>")).client().get("job_1")
    broken = {**DONE, "result": {**RESULT, "verdict": "maybe"}}
    with pytest.raises(ApiError, match=r"result\.verdict.*and of this client's version"):
        Script(answer(200, broken)).client().get("job_1")
    with pytest.raises(ApiError, match="502"):
        Script(httpx.Response(502, text="<html>")).client().get("job_1")


@pytest.mark.parametrize(
    "server", ["http://[::1", "http://a:b:c", "http://xn--a", "localhost:8000", "", "http://a b"]
)
def test_an_address_that_cannot_be_one_is_told_as_such(server: str) -> None:
    with pytest.raises(ServerUnreachable, match="name another with --server"):
        Client(server, max_retries=0).get("job_1")


@pytest.mark.parametrize("key", ["ключ", "a b", "a\nb", " "])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ClientError, match="no key has") as caught:
        Script().client(api_key=key)
    assert key.strip() == "" or key not in caught.value.message


def test_blanks_around_a_key_are_dropped() -> None:
    script = Script(answer(200, JOB))
    script.client(api_key=" dfk_1\n").get("job_1")
    assert script.requests[0].headers["Authorization"] == "Bearer dfk_1"


def test_a_redirect_names_the_place_that_it_leads_to() -> None:
    script = Script(answer(308, Location="https://there/v1/jobs"))
    with pytest.raises(ApiError, match="308: Permanent Redirect to https://there/v1/jobs"):
        script.client().submit(b"x")


def test_waiting_polls_until_the_job_is_done() -> None:
    script = Script(answer(200, JOB), answer(200, {**JOB, "status": "processing"}),
                    answer(200, DONE))  # fmt: skip
    job = script.client().wait("job_1")
    assert (job.verdict, job.fake_probability) == ("fake", 0.9)
    assert all(float(r.url.params["wait"]) <= 30 for r in script.requests)


def test_waiting_ends_in_time_with_the_state_so_far() -> None:
    with pytest.raises(WaitTimeout, match="job_1 is queued after 0 s"):
        Script(answer(200, JOB)).client().wait("job_1", timeout_s=0)


def test_cancel_and_delete() -> None:
    script = Script(answer(202, {**JOB, "status": "canceled"}), answer(204))
    client = script.client()
    assert client.cancel("job_1").done
    client.delete("job_1")
    assert [(r.method, r.url.path) for r in script.requests] == [
        ("POST", "/v1/jobs/job_1/cancel"), ("DELETE", "/v1/jobs/job_1"),
    ]  # fmt: skip


def test_a_job_without_a_face_has_a_verdict_and_no_probability() -> None:
    result = {**RESULT, "verdict": "inconclusive", "fake_probability": None}
    job = Script(answer(200, {**DONE, "result": result})).client().get("job_1")
    assert (job.verdict, job.fake_probability) == ("inconclusive", None)


def test_a_job_has_types_and_keeps_what_a_newer_service_adds() -> None:
    document = {
        **DONE,
        "error": {"code": "too_long", "message": "It is long.", "retryable": False},
        "media": {"kind": "video", "container": "mp4", "sha256": "0", "mood": "blue"},
        "result": {**RESULT, "mood": "blue"},
    }
    job = Script(answer(200, document)).client().get("job_1")
    assert job.result is not None
    assert job.error is not None
    assert job.media is not None
    assert (job.result.model.runtime, job.error.code) == ("tensorflow", "too_long")
    assert (job.media.container, job.document["result"]["mood"]) == ("mp4", "blue")


def test_a_refusal_tells_whether_a_later_try_may_succeed() -> None:
    problem = {"type": "/problems/store_full", "detail": "full", "retryable": True}
    with pytest.raises(ApiError) as caught:
        Script(answer(507, problem)).client().submit(b"x")
    assert (caught.value.code, caught.value.retryable) == ("store_full", True)
    with pytest.raises(ApiError) as caught:
        Script(answer(404)).client().get("job_1")
    assert (caught.value.code, caught.value.retryable) == ("refused", False)


def test_feedback_is_sent_and_read_line_by_line() -> None:
    lines = b'{"job": "job_1", "label": "fake"}\n{"job": "job_2", "label": "real"}\n'
    script = Script(answer(204), httpx.Response(200, content=lines))
    with script.client() as client:
        client.give_feedback("job_1", "fake", comment="a filter")
        assert [entry["job"] for entry in client.feedback_entries(media=True)] == ["job_1", "job_2"]
    assert json.loads(script.bodies[0]) == {"label": "fake", "comment": "a filter", "media": False}
    assert script.requests[1].url.query == b"media=true"


def test_feedback_that_is_refused_is_an_error_and_no_empty_file() -> None:
    script = Script(answer(401, {"title": "An API key is needed", "status": 401}))
    with script.client() as client, pytest.raises(ApiError, match="401"):
        list(client.feedback_entries())


def test_evidence_is_asked_for_by_a_field_of_the_form() -> None:
    script = Script(answer(202, JOB))
    with script.client() as client:
        client.submit(b"x", evidence=True)
    assert b'name="evidence"\r\n\r\ntrue' in script.bodies[0]
