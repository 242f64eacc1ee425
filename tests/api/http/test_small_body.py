"""JSON bodies of a few hundred bytes."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from api.http.problems import MalformedRequest
from api.http.small_body import read_json
from api.jobs.feedback import Feedback


def test_a_client_that_goes_away_in_the_middle_is_no_failure_of_the_gateway() -> None:
    came = iter([{"type": "http.request", "body": b'{"la', "more_body": True}])

    async def receive() -> Message:
        return next(came, {"type": "http.disconnect"})

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)
    with pytest.raises(MalformedRequest, match="went away"):
        asyncio.run(read_json(request, Feedback))
