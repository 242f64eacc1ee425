"""The authorisation matrix: every route, every scope, and the objects of another tenant."""

from __future__ import annotations

import re
import time
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
from core.store.api_keys import ApiKeyStore, NewSecret
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.keys import OPERATOR, bearer, make_key

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
ADMIN, SUBMIT, READ = {Scope.ADMIN}, {Scope.SUBMIT}, {Scope.READ}
BOTH = {Scope.SUBMIT, Scope.READ}  # results go where a webhook says
# Every other route has a row here: what its key needs.
NEEDS = {
    ("POST", "/v1/jobs"): SUBMIT,
    ("GET", "/v1/jobs"): READ,
    ("GET", "/v1/jobs/{job_id}"): READ,
    ("DELETE", "/v1/jobs/{job_id}"): SUBMIT,
    ("POST", "/v1/jobs/{job_id}/cancel"): SUBMIT,
    ("GET", "/v1/jobs/{job_id}/events"): READ,
    ("GET", "/v1/jobs/{job_id}/frames/{n}.jpg"): READ,
    ("GET", "/v1/jobs/{job_id}/frames/{n}/faces/{i}/heatmap.png"): READ,
    ("GET", "/v1/jobs/{job_id}/report.html"): READ,
    ("GET", "/v1/jobs/{job_id}/report.json"): READ,
    ("POST", "/v1/jobs/{job_id}/feedback"): SUBMIT,
    ("DELETE", "/v1/jobs/{job_id}/feedback"): SUBMIT,
    ("GET", "/v1/jobs/{job_id}/deliveries"): READ,
    ("GET", "/v1/feedback"): READ,
    ("OPTIONS", "/v1/uploads"): SUBMIT,
    ("POST", "/v1/uploads"): SUBMIT,
    ("GET", "/v1/uploads/{upload_id}"): SUBMIT,  # who sends has to ask where to go on
    ("PATCH", "/v1/uploads/{upload_id}"): SUBMIT,
    ("DELETE", "/v1/uploads/{upload_id}"): SUBMIT,
    ("POST", "/v1/batches"): SUBMIT,
    ("GET", "/v1/batches"): READ,
    ("GET", "/v1/batches/{batch_id}"): READ,
    ("DELETE", "/v1/batches/{batch_id}"): SUBMIT,
    ("GET", "/v1/batches/{batch_id}/results"): READ,
    ("POST", "/v1/batches/{batch_id}/cancel"): SUBMIT,
    ("GET", "/v1/keys"): ADMIN,
    ("POST", "/v1/keys"): ADMIN,
    ("POST", "/v1/keys/{key_id}/rotate"): ADMIN,
    ("DELETE", "/v1/keys/{key_id}"): ADMIN,
    ("GET", "/v1/models"): READ,
    ("GET", "/v1/capacity"): READ,
    ("GET", "/v1/webhooks"): READ,
    ("POST", "/v1/webhooks"): BOTH,
    ("GET", "/v1/webhooks/public-key"): READ,
    ("POST", "/v1/webhooks/callback-secret"): BOTH,
    ("GET", "/v1/webhooks/{webhook_id}"): READ,
    ("PATCH", "/v1/webhooks/{webhook_id}"): BOTH,
    ("DELETE", "/v1/webhooks/{webhook_id}"): BOTH,
    ("POST", "/v1/webhooks/{webhook_id}/rotate-secret"): BOTH,
    ("POST", "/v1/webhooks/{webhook_id}/test"): SUBMIT,
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): READ,
    ("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"): SUBMIT,
}
# Lists of the tenant's own objects, and the name of the list in the answer.
LISTS = {
    "/v1/jobs": "jobs",
    "/v1/batches": "batches",
    "/v1/keys": "keys",
    "/v1/webhooks": "webhooks",
}
KEYS: list[set[Scope]] = [{scope} for scope in Scope] + [BOTH, {Scope.SUBMIT, Scope.ADMIN}]
# What another tenant hears of these ids, in whichever call.
NOT_FOUND = {
    "job_id": "job_not_found",
    "key_id": "api_key_not_found",
    "upload_id": "upload_not_found",
    "batch_id": "batch_not_found",
    "webhook_id": "webhook_not_found",
    "delivery_id": "delivery_not_found",
}
# Bodies of calls that read them before they look at the object.
BODIES = {
    "/v1/jobs/{job_id}/feedback": b'{"label": "fake"}',
    "/v1/keys/{key_id}/rotate": b"{}",
    "/v1/webhooks/{webhook_id}": b'{"description": "mine"}',
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
    def needs(self) -> set[Scope]:
        return NEEDS[self.method, self.path]

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
    assert open_to_all == PUBLIC


def test_every_other_route_has_a_row_in_the_matrix(app: FastAPI) -> None:
    assert {(call.method, call.path) for call in guarded_calls(app)} == set(NEEDS)


def test_each_call_needs_its_scopes_and_no_others(app: FastAPI, redis: Redis) -> None:
    keys = [(scopes, make_key(redis, "acme", *scopes)) for scopes in KEYS]
    wrong = []
    with serve(app) as client:
        for call in guarded_calls(app):
            for scopes, key in keys:
                with answered(client, call, call.at({}), bearer(key)) as answer:
                    missing = call.needs - scopes
                    if answer.status_code != 403:
                        right = not missing and answer.status_code not in (401, 405)
                        right &= answer.status_code != 404 or kind_of(answer) != "not_found"
                    else:
                        told = answer.read().decode()
                        right = any(f"scope '{scope}'" in told for scope in missing)
                if not right:
                    wrong.append((*call, scopes, answer.status_code))
    assert wrong == []


def ended_keys(redis: Redis) -> list[NewSecret]:
    """Keys with every scope that open nothing: expired, revoked, and with a replaced secret."""
    expired = make_key(redis, "acme", *Scope, ttl_s=0.01)
    revoked, replaced = (make_key(redis, "acme", *Scope) for _ in range(2))
    store = ApiKeyStore(redis)
    store.revoke(revoked.key.id, actor=OPERATOR)
    store.rotate(replaced.key.id, actor=OPERATOR, grace_s=0)
    time.sleep(0.02)
    return [expired, revoked, replaced]


def test_no_call_does_anything_without_a_known_key_that_counts(app: FastAPI, redis: Redis) -> None:
    wrong = []
    unknown = {"X-API-Key": "dfk_unknown"}, {"Authorization": "Basic eA=="}
    ended = [bearer(key) for key in ended_keys(redis)]
    with serve(app) as client:
        for call in guarded_calls(app):
            for headers in ({}, *unknown, *ended):
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
        hook = client.post(
            "/v1/webhooks", json={"url": "https://example.org/"}, headers=bearer(owner)
        )
        batch = client.post("/v1/batches", files={"file": MP4}, headers=bearer(owner))
        ids = {
            "job_id": job["id"],
            "key_id": owner.key.id,
            "upload_id": upload_id,
            "webhook_id": hook.json()["id"],
            "batch_id": batch.json()["id"],
        }
        before = client.get(job["links"]["self"], headers=bearer(owner))
        for call in guarded_calls(app):
            if not call.parameters:
                continue
            names = call.parameters & set(NOT_FOUND)
            assert names, f"{call.path} has an object of a new kind: give it a line in NOT_FOUND."
            with answered(client, call, call.at(ids), bearer(other)) as answer:
                kind = kind_of(answer)
            if answer.status_code != 404 or kind not in {NOT_FOUND[name] for name in names}:
                wrong.append((*call, answer.status_code, kind))
        after = client.get(job["links"]["self"], headers=bearer(owner))
        listed = {
            key: {
                path: client.get(path, headers=bearer(key)).json()[name]
                for path, name in LISTS.items()
            }
            for key in (owner, other)
        }
        assert client.get("/v1/feedback", headers=bearer(other)).text == ""
    assert wrong == []
    assert after.json() == before.json()
    assert all(listed[owner].values())
    assert [each["id"] for each in listed[other].pop("/v1/keys")] == [other.key.id]
    assert [path for path, found in listed[other].items() if found] == []
