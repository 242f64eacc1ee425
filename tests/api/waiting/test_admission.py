"""Streams and long polls of clients whose key ends while they wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from api.waiting import admission
from core.scopes import Scope
from core.store.api_keys import ApiKeyStore, NewSecret
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.keys import OPERATOR, bearer, make_key
from tests.api.sse import events


@pytest.fixture
def settings(redis_url: str) -> GatewaySettings:
    return GatewaySettings.model_validate({"redis_url": redis_url, "api_keys": "redis"})


@pytest.fixture
def served(settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(admission, "CHECK_S", 0.05)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def new(redis: Redis, *, ttl_s: float | None = None) -> NewSecret:
    return make_key(redis, "acme", Scope.READ, Scope.SUBMIT, ttl_s=ttl_s)


def submit(client: httpx.Client, key: NewSecret) -> str:
    return str(client.post("/v1/jobs", content=MP4, headers=bearer(key)).headers["location"])


def streamed(client: httpx.Client, path: str, key: NewSecret, opened: Event) -> list[str]:
    with client.stream("GET", f"{path}/events", headers=bearer(key)) as response:
        kinds = []
        for event in events(response):
            kinds.append(event.kind)
            opened.set()
        return kinds


def test_a_key_that_is_revoked_ends_what_waits_with_it(served: httpx.Client, redis: Redis) -> None:
    stays, ends = new(redis), new(redis)
    path = submit(served, stays)
    batch = served.post(
        "/v1/batches", files=[("file", ("a.mp4", MP4))], headers=bearer(stays)
    ).headers["location"]
    opened = Event()
    with ThreadPoolExecutor() as clients:
        stream = clients.submit(streamed, served, path, ends, opened)
        polls = [
            clients.submit(served.get, f"{waited}?wait=30", headers=bearer(ends))
            for waited in (path, batch)
        ]
        staying = clients.submit(served.get, f"{path}?wait=2", headers=bearer(stays))
        assert opened.wait(20)
        ApiKeyStore(redis).revoke(ends.key.id, actor=OPERATOR)
        assert stream.result(20) == ["job"]
        assert {poll.result(20).status_code for poll in polls} == {401}
        assert staying.result(20).status_code == 200


def test_a_key_that_expires_ends_its_stream(served: httpx.Client, redis: Redis) -> None:
    path = submit(served, new(redis))
    assert streamed(served, path, new(redis, ttl_s=1), Event()) == ["job"]
