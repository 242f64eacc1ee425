"""An answer counts where it is one for a film that was judged, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from benchmarks.peers.asking import Ask, WrongAnswer, ask_in_json, ask_peer, ask_service

QUEUED = {"status": "queued", "links": {"self": "/v1/jobs/job_1"}}
DONE = {**QUEUED, "status": "succeeded", "cached": False, "result": {"frames_scored": 10}}


def asked(ask: Ask, *answers: dict[str, Any]) -> list[str]:
    """What was requested until the answer was accepted."""
    seen: list[str] = []
    left: Iterator[dict[str, Any]] = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.method} {request.url.path}")
        return httpx.Response(200, json=next(left))

    async def once() -> None:
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://peer") as http:
            await ask(http, b"film")

    asyncio.run(once())
    return seen


@pytest.mark.parametrize("ask", [ask_peer, ask_in_json], ids=["form", "json"])
def test_a_peer_answers_one_request_with_a_probability(ask: Ask) -> None:
    assert asked(ask, {"probability": 0.5}) == ["POST /predict"]
    with pytest.raises(WrongAnswer, match="The probability is 2"):
        asked(ask, {"probability": 2})


def test_this_service_is_asked_until_its_job_has_ended() -> None:
    seen = asked(ask_service, QUEUED, {**QUEUED, "status": "processing"}, DONE)
    assert seen == ["POST /v1/jobs", "GET /v1/jobs/job_1", "GET /v1/jobs/job_1"]


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({**QUEUED, "status": "failed", "error": "no_face"}, "The job failed: no_face"),
        ({**DONE, "cached": True}, "cached is True"),
        ({**DONE, "result": {"frames_scored": 9}}, "9 frames were scored"),
    ],
    ids=["failed", "an-earlier-result", "less-work"],
)
def test_what_took_less_work_than_a_peer_does_is_no_answer(job: dict[str, Any], told: str) -> None:
    with pytest.raises(WrongAnswer, match=told):
        asked(ask_service, job)
