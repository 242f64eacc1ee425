from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.provenance import Credentials, CredentialState, Provenance
from core.scopes import USUAL_SCOPES, Scope
from core.store.api_keys import ApiKeyStore, NewSecret
from core.store.audit import AuditLog
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.judged import judged
from tests.api.keys import OPERATOR, bearer, make_key


@pytest.fixture
def settings(redis_url: str) -> GatewaySettings:
    return GatewaySettings(redis_url=redis_url, api_keys="redis")


@pytest.fixture
def admin(redis: Redis) -> NewSecret:
    return make_key(redis, "acme", Scope.ADMIN)


@pytest.fixture
def others(settings: GatewaySettings) -> Iterator[httpx.Client]:
    """A second gateway on the same Redis."""
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def made(client: httpx.Client, admin: NewSecret, **wanted: Any) -> dict[str, Any]:
    answer = client.post("/v1/keys", json=wanted, headers=bearer(admin))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def by(secret: str) -> dict[str, str]:
    return {"X-API-Key": secret}


def test_a_new_key_counts_at_every_gateway_at_once(
    client: httpx.Client, others: httpx.Client, admin: NewSecret
) -> None:
    key = made(client, admin, label="ci", scopes=["read"])
    assert (key["label"], key["scopes"], key["state"]) == ("ci", ["read"], "active")
    for gateway in (client, others):
        assert gateway.get("/v1/models", headers=by(key["secret"])).status_code == 200
        refused = gateway.post("/v1/jobs", content=MP4, headers=by(key["secret"]))
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
        assert "'submit'" in refused.json()["detail"]


def test_a_revoked_key_opens_no_gateway_a_second_later(
    client: httpx.Client, others: httpx.Client, admin: NewSecret
) -> None:
    key = made(client, admin)
    for gateway in (client, others):
        assert gateway.get("/v1/models", headers=by(key["secret"])).status_code == 200
    assert client.delete(f"/v1/keys/{key['id']}", headers=bearer(admin)).status_code == 204
    time.sleep(1.05)
    for gateway in (client, others):
        refused = gateway.get("/v1/models", headers=by(key["secret"]))
        assert refused.status_code == 401
        assert f"{key['id']} is revoked since" in refused.json()["detail"]


def test_the_holder_of_a_secret_is_told_why_it_opens_nothing(
    client: httpx.Client, redis: Redis
) -> None:
    expired = make_key(redis, "acme", Scope.READ, ttl_s=0.01)
    replaced = make_key(redis, "acme", Scope.READ)
    ApiKeyStore(redis).rotate(replaced.key.id, actor=OPERATOR, grace_s=0)
    time.sleep(0.02)
    told = {}
    for name, secret in (
        ("expired", expired.secret), ("replaced", replaced.secret), ("unknown", "dfk_x"),
    ):  # fmt: skip
        answer = client.get("/v1/models", headers=by(secret))
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
        told[name] = answer.json()["detail"]
    assert f"API key {expired.key.id} is expired since" in told["expired"]
    assert f"secret of API key {replaced.key.id} was replaced" in told["replaced"]
    assert told["unknown"] == "The API key is not known here."


def test_a_rotated_key_has_two_secrets_for_a_while(client: httpx.Client, admin: NewSecret) -> None:
    key = made(client, admin)
    path = f"/v1/keys/{key['id']}/rotate"
    again = client.post(path, json={"grace_s": 60}, headers=bearer(admin)).json()
    assert (again["id"], again["rotated_at"] is not None) == (key["id"], True)
    for secret in (key["secret"], again["secret"]):
        assert client.get("/v1/models", headers=by(secret)).status_code == 200
    client.delete(f"/v1/keys/{key['id']}", headers=bearer(admin))
    ended = client.post(path, json={}, headers=bearer(admin))
    assert (ended.status_code, ended.json()["type"]) == (409, "/problems/api_key_ended")


def test_the_list_shows_the_own_keys_and_no_secret(
    client: httpx.Client, admin: NewSecret, redis: Redis
) -> None:
    make_key(redis, "other", Scope.READ)
    key = made(client, admin, expires_in_s=3600)
    client.get("/v1/models", headers=by(key["secret"]))
    answer = client.get("/v1/keys", headers=bearer(admin))
    shown = {each["id"]: each for each in answer.json()["keys"]}
    assert set(shown) == {admin.key.id, key["id"]}
    assert shown[key["id"]]["last_used_at"] is not None
    assert shown[key["id"]]["expires_at"] is not None
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "wanted",
    [
        {"scopes": ["admin"]},
        {"scopes": []},
        {"label": "a\nb"},
        {"label": "x" * 65},
        {"expires_in_s": 0},
        {"tenant": "other"},
    ],
)
def test_what_an_administrator_cannot_make_is_named(
    client: httpx.Client, admin: NewSecret, wanted: dict[str, Any]
) -> None:
    answer = client.post("/v1/keys", json=wanted, headers=bearer(admin))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_parameter")
    assert next(iter(wanted)) in answer.json()["detail"]


def test_a_key_of_an_administrator_is_rotated_on_the_server_alone(
    client: httpx.Client, admin: NewSecret
) -> None:
    path = f"/v1/keys/{admin.key.id}/rotate"
    answer = client.post(path, json={}, headers=bearer(admin))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert f"deepfake keys rotate {admin.key.id}" in answer.json()["detail"]


def test_changes_over_http_are_in_the_log_with_key_and_address(
    client: httpx.Client, admin: NewSecret, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="api.access.audited"):
        key = made(client, admin)
        client.delete(f"/v1/keys/{key['id']}", headers=bearer(admin))
    created, revoked = AuditLog(redis).newest(2)
    assert [created.action, revoked.action] == ["key.created", "key.revoked"]
    assert {entry.actor.name for entry in (created, revoked)} == {admin.key.id}
    assert {entry.actor.address for entry in (created, revoked)} == {"127.0.0.1"}
    assert f"audit: key.revoked {key['id']} of tenant acme by {admin.key.id}" in caplog.text
    assert key["secret"] not in caplog.text


def test_keys_of_a_file_and_of_redis_count_side_by_side(
    redis_url: str, redis: Redis, tmp_path: Any
) -> None:
    from api.access.auth import new_key

    old = new_key("acme")
    file = tmp_path / "keys"
    file.write_text(old.entry)
    new = make_key(redis, "acme", *USUAL_SCOPES)
    app = create_app(
        GatewaySettings(redis_url=redis_url, api_keys_file=file), doorbell=DoorbellTwin()
    )
    with serve(app) as client:
        job = client.post("/v1/jobs", content=MP4, headers=by(old.secret)).json()
        assert client.get(job["links"]["self"], headers=bearer(new)).status_code == 200
        refused = client.get("/v1/keys", headers=by(old.secret))
    assert refused.status_code == 403
    assert "'admin'" in refused.json()["detail"]


def test_a_gateway_without_keys_has_none_to_manage(redis_url: str) -> None:
    app = create_app(GatewaySettings(redis_url=redis_url), doorbell=DoorbellTwin())
    with serve(app) as client:
        assert client.get("/v1/keys").status_code == 403
        assert client.get("/v1/limits").json()["key_needed"] is False


def test_a_gateway_whose_keys_are_in_redis_may_be_open_to_others(
    settings: GatewaySettings, client: httpx.Client
) -> None:
    create_app(settings.model_copy(update={"host": "0.0.0.0"}), doorbell=DoorbellTwin())
    assert client.get("/v1/limits").json()["key_needed"] is True
    assert client.get("/v1/models").status_code == 401


def test_a_key_that_may_only_submit_sees_no_result_that_is_there_already(
    client: httpx.Client, redis: Redis
) -> None:
    sender, both = make_key(redis, "acme", Scope.SUBMIT), make_key(redis, "acme", *USUAL_SCOPES)
    found = Provenance(c2pa=Credentials(state=CredentialState.VALID, issuer="Newsroom"), claims=[])
    named = {"Idempotency-Key": "k"}
    job = judged(client, redis, headers={**bearer(sender), **named}, provenance=found)
    shown = [
        client.post("/v1/jobs?evidence=true", content=MP4, headers={**bearer(key), **named}).json()
        for key in (sender, both)
    ]
    assert {view["media"]["sha256"] for view in shown} == {job.media.sha256}
    assert [view["status"] for view in shown] == ["succeeded", "succeeded"]
    for name in ("result", "provenance", "evidence"):
        assert [view[name] is None for view in shown] == [True, False]


@pytest.fixture
def forgetful(settings: GatewaySettings) -> Iterator[httpx.Client]:
    """A gateway that keeps jobs for a moment."""
    changed = settings.model_copy(update={"job_ttl_s": 0.2})
    with serve(create_app(changed, doorbell=DoorbellTwin())) as client:
        yield client


def test_an_expired_job_is_410_to_its_tenant_and_404_to_others(
    forgetful: httpx.Client, redis: Redis
) -> None:
    client = forgetful
    mine, theirs = (make_key(redis, tenant, *USUAL_SCOPES) for tenant in ("acme", "evil"))
    path = client.post("/v1/jobs", content=MP4, headers=bearer(mine)).json()["links"]["self"]
    waited = client.get(f"{path}?wait=5", headers=bearer(mine))
    assert (waited.status_code, waited.json()["type"]) == (410, "/problems/job_expired")
    for method, url in (
        ("GET", path),
        ("GET", f"{path}/events"),
        ("GET", f"{path}/report.json"),
        ("POST", f"{path}/cancel"),
        ("DELETE", path),
    ):
        gone = client.request(method, url, headers=bearer(mine))
        hidden = client.request(method, url, headers=bearer(theirs))
        assert (gone.status_code, gone.json()["type"]) == (410, "/problems/job_expired")
        assert (hidden.status_code, hidden.json()["type"]) == (404, "/problems/job_not_found")


def test_every_call_tells_its_scope_in_the_openapi_document(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, method, scope in (
        ("/v1/jobs", "post", "submit"),
        ("/v1/jobs/{job_id}", "get", "read"),
        ("/v1/jobs/{job_id}", "delete", "submit"),
        ("/v1/keys", "get", "admin"),
    ):
        ways = paths[path][method]["security"]
        assert ways == [{"HTTPBearer": [scope]}, {"APIKeyHeader": [scope]}]


def test_while_redis_is_away_keys_of_redis_open_nothing_and_health_still_answers(
    redis_url: str, redis: Redis
) -> None:
    key = make_key(redis, "acme", *USUAL_SCOPES)
    settings = GatewaySettings(redis_url="unix:///nowhere/redis.sock", api_keys="redis")
    with ExitStack() as stack:
        client = stack.enter_context(serve(create_app(settings, doorbell=DoorbellTwin())))
        refused = client.get("/v1/models", headers=bearer(key))
        ready = client.get("/readyz", headers=bearer(key))
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/store_unavailable")
    assert (ready.status_code, ready.json()) == (503, {"ready": False})
