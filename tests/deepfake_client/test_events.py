"""Following a job, against a scripted service; the real one is in tests/api/waiting."""

from __future__ import annotations

import json

import httpx
import pytest

from deepfake_client import ApiError, ServerUnreachable
from tests.deepfake_client.test_client import DONE, JOB, Script, answer, busy


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("deepfake_client.client.time.sleep", slept.append)
    return slept


def stream(*events: str) -> httpx.Response:
    content = "".join(f"{event}\n\n" for event in events)
    return httpx.Response(200, content=content, headers={"Content-Type": "text/event-stream"})


def job(document: object, event_id: str) -> str:
    return f"event: job\ndata: {json.dumps(document)}\nid: {event_id}\nretry: 1000"


def test_every_state_is_yielded_and_the_end_is_the_last() -> None:
    named = {**JOB, "tags": ["a\u2028b"]}  # a line separator for Python, and none for events
    script = Script(stream(job(named, "1.2"), ": ping", job(DONE, "2.0"), job(JOB, "3.0")))
    told = list(script.client().events("job_1"))
    assert [one.status for one in told] == ["queued", "succeeded"]
    assert told[0].tags == ["a\u2028b"]
    assert script.requests[0].url.path == "/v1/jobs/job_1/events"


def test_a_stream_that_breaks_off_goes_on_after_the_last_event() -> None:
    script = Script(
        stream(job(JOB, "1.2")), httpx.ReadError("reset"), busy("2"), stream(job(DONE, "2.0"))
    )
    told = list(script.client().events("job_1"))
    assert [one.status for one in told] == ["queued", "succeeded"]
    ids = [request.headers.get("last-event-id") for request in script.requests]
    assert ids == [None, "1.2", "1.2", "1.2"]


def test_a_job_that_is_deleted_meanwhile_is_not_found() -> None:
    script = Script(stream(job(JOB, "1.2"), 'event: gone\ndata: {"id": "job_1"}'))
    with pytest.raises(ApiError) as gone:
        list(script.client().events("job_1"))
    assert (gone.value.status, gone.value.code) == (404, "job_not_found")


def test_a_refusal_is_raised_as_it_came() -> None:
    problem = {"type": "/problems/job_not_found", "detail": "There is no job."}
    script = Script(answer(404, problem))
    with pytest.raises(ApiError, match="There is no job"):
        list(script.client().events("job_1"))


def test_a_service_that_is_gone_is_given_up() -> None:
    script = Script(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(ServerUnreachable):
        list(script.client(max_retries=2).events("job_1"))
