"""A look that is asked for plainly is answered apart from FastAPI, and as FastAPI answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.scopes import Scope
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.keys import bearer, make_key

PLAIN, USUAL = "?wait=0", "?wait=0.0"
OF_ONE_ANSWER = {"x-request-id", "date", "ratelimit"}


@pytest.fixture
def app_client(redis_url: str) -> Iterator[httpx.Client]:
    settings = GatewaySettings.model_validate(
        {"redis_url": redis_url, "api_keys": "redis", "tenant_requests_per_minute": 1000}
    )
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def shape(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    headers = {name: text for name, text in answer.headers.items() if name not in OF_ONE_ANSWER}
    body = answer.json() if answer.content else {}
    if answer.status_code >= 400:
        body.pop("request_id")
    return answer.status_code, headers, body


def test_both_ways_answer_the_same(app_client: httpx.Client, redis: Redis) -> None:
    reader = bearer(make_key(redis, "acme", Scope.READ, Scope.SUBMIT))
    writer = bearer(make_key(redis, "acme", Scope.SUBMIT))
    job = app_client.post("/v1/jobs", content=MP4, headers=reader).headers["location"]
    asked: list[tuple[int, str, dict[str, str]]] = [
        (200, job, reader),
        (200, job, {**reader, "If-None-Match": '"other"'}),
        (304, job, {**reader, "If-None-Match": "*"}),
        (404, "/v1/jobs/job_x", reader),
        (401, job, {"X-API-Key": "dfk_unknown"}),
        (403, job, writer),
    ]
    for status, path, headers in asked:
        plain = shape(app_client.get(path + PLAIN, headers=headers))
        assert plain[0] == status
        assert plain == shape(app_client.get(path + USUAL, headers=headers))


@pytest.mark.parametrize(
    ("query", "ways"),
    [("", 0), ("?wait=0", 0), ("?wait=30", 0), ("?wait=31", 1), ("?wait=-1", 1), ("?wait=x", 1),
     ("?wait=0.5", 1), ("?wait=0&wait=0", 1), ("?frames=3", 1)],
    ids=["none", "zero", "most", "too-long", "negative", "no-number", "half", "twice", "other"],
)  # fmt: skip
def test_only_plain_requests_take_the_short_way(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch, query: str, ways: int
) -> None:
    usual, taken = APIRoute.get_route_handler, []

    def counted(route: APIRoute) -> Any:
        handler = usual(route)

        async def handle(request: Any) -> Any:
            taken.append(request)
            return await handler(request)

        return handle

    monkeypatch.setattr(APIRoute, "get_route_handler", counted)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        status = client.get(f"/v1/jobs/{'j' * 10}{query}").status_code
    assert len(taken) == ways
    assert status == (422 if query in ("?wait=31", "?wait=-1", "?wait=x") else 404)
