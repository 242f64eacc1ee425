"""The authorisation matrix: every route, every scope, and the objects of another tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from redis import Redis

from api.app import create_app
from api.gateway import authorized
from api.settings import GatewaySettings
from core.scopes import Scope
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.keys import bearer, make_key

# They say nothing about anybody. All other routes need a key with a scope.
PUBLIC = {
    "/",
    "/docs",
    "/docs/",
    "/docs/assets",
    "/docs/start.js",
    "/healthz",
    "/openapi.json",
    "/readyz",  # tells more to a caller with a key, whatever its scopes
    "/v1/limits",
    "/web/{path:path}",
}
# Routes that need another scope than their method suggests: read to look, submit for all else.
UNUSUAL = {
    ("GET", "/v1/keys"): Scope.ADMIN,
    ("POST", "/v1/keys"): Scope.ADMIN,
    ("POST", "/v1/keys/{key_id}/rotate"): Scope.ADMIN,
    ("DELETE", "/v1/keys/{key_id}"): Scope.ADMIN,
    ("GET", "/v1/uploads/{upload_id}"): Scope.SUBMIT,  # who sends has to ask where to go on
}
# What another tenant hears of these ids, in whichever call.
NOT_FOUND = {
    "job_id": "job_not_found",
    "key_id": "api_key_not_found",
    "upload_id": "upload_not_found",
}
# Bodies of calls that read them before they look at the object.
BODIES = {
    "/v1/jobs/{job_id}/feedback": b'{"label": "fake"}',
    "/v1/keys/{key_id}/rotate": b"{}",
}
# Headers without which a call does not look at the object.
HEADERS = {
    ("PATCH", "/v1/uploads/{upload_id}"): {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    },
}


class Call(NamedTuple):
    method: str
    path: str

    @property
    def scope(self) -> Scope:
        usual = Scope.READ if self.method in ("GET", "HEAD") else Scope.SUBMIT
        return UNUSUAL.get((self.method, self.path), usual)

    @property
    def parameters(self) -> set[str]:
        return set(re.findall(r"{(\w+)", self.path))

    def at(self, ids: dict[str, str]) -> str:
        return re.sub(r"{(\w+)(:\w+)?}", lambda found: ids.get(found[1], "0"), self.path)


@pytest.fixture
def app(redis_url: str) -> FastAPI:
    settings = GatewaySettings(redis_url=redis_url, api_keys="redis")
    return create_app(settings, doorbell=DoorbellTwin())


def routes(parts: list[Any]) -> Iterator[Any]:
    """All routes of an app, also those of the routers that it includes."""
    for part in parts:
        router = getattr(part, "original_router", None)
        if router is None:
            yield part
        else:
            yield from routes(router.routes)


def is_guarded(route: Any) -> bool:
    def depends(dependant: Any) -> bool:
        return dependant.call is authorized or any(map(depends, dependant.dependencies))

    return isinstance(route, APIRoute) and depends(route.dependant)


def guarded_calls(app: FastAPI) -> list[Call]:
    calls = [
        Call(method, route.path)
        for route in routes(app.routes)
        if is_guarded(route)
        for method in sorted(route.methods)
    ]
    assert len(calls) > 15
    return sorted(calls, key=lambda call: call.method == "DELETE")


@contextmanager
def answered(client: httpx.Client, call: Call, path: str, headers: dict[str, str]) -> Iterator[Any]:
    """The answer to a call; a stream is not waited for."""
    content = None if call.method == "GET" else BODIES.get(call.path, b"")
    headers = {**HEADERS.get((call.method, call.path), {}), **headers}
    with client.stream(call.method, path, content=content, headers=headers) as answer:
        yield answer


def kind_of(answer: httpx.Response) -> str:
    """The last part of a problem's type."""
    answer.read()
    return str(answer.json().get("type", "")).rpartition("/")[2]


def test_every_route_outside_the_public_ones_declares_what_it_needs(app: FastAPI) -> None:
    open_to_all = {route.path for route in routes(app.routes) if not is_guarded(route)}
    assert open_to_all <= PUBLIC


def test_each_call_needs_its_scope_and_no_other(app: FastAPI, redis: Redis) -> None:
    keys = {scope: make_key(redis, "acme", scope) for scope in Scope}
    wrong = []
    with serve(app) as client:
        for call in guarded_calls(app):
            path = call.at({})
            for scope, key in keys.items():
                with answered(client, call, path, bearer(key)) as answer:
                    refused = answer.status_code == 403
                    named = not refused or f"'{call.scope}'" in answer.read().decode()
                    reached = answer.status_code not in (401, 404, 405) or (
                        answer.status_code == 404 and kind_of(answer) != "not_found"
                    )
                if refused == (scope is call.scope) or not named or not reached:
                    wrong.append((*call, scope, answer.status_code))
    assert wrong == []


def test_no_call_does_anything_without_a_known_key(app: FastAPI) -> None:
    wrong = []
    with serve(app) as client:
        for call in guarded_calls(app):
            for headers in ({}, {"X-API-Key": "dfk_unknown"}):
                with answered(client, call, call.at({}), headers) as answer:
                    if answer.status_code != 401:
                        wrong.append((*call, answer.status_code))
    assert wrong == []


def test_what_is_another_tenants_is_not_there(app: FastAPI, redis: Redis) -> None:
    owner, other = (make_key(redis, tenant, *Scope) for tenant in ("acme", "evil"))
    wrong = []
    with serve(app) as client:
        job = client.post("/v1/jobs", content=MP4, headers=bearer(owner)).json()
        begun = client.post("/v1/uploads", headers={"Upload-Complete": "?0", **bearer(owner)})
        upload_id = begun.headers["location"].rpartition("/")[2]
        ids = {"job_id": job["id"], "key_id": owner.key.id, "upload_id": upload_id}
        before = client.get(job["links"]["self"], headers=bearer(owner))
        for call in guarded_calls(app):
            (name,) = call.parameters & set(NOT_FOUND) or {""}
            if not name:
                continue
            with answered(client, call, call.at(ids), bearer(other)) as answer:
                kind = kind_of(answer)
            if (answer.status_code, kind) != (404, NOT_FOUND[name]):
                wrong.append((*call, answer.status_code, kind))
        after = client.get(job["links"]["self"], headers=bearer(owner))
        assert client.get("/v1/keys", headers=bearer(other)).json()["keys"][0]["id"] == other.key.id
    assert wrong == []
    assert after.json() == before.json()
