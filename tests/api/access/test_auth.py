from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis
from starlette.requests import HTTPConnection

from api.access.auth import KeyAuthenticator, Principal, new_key, read_keys
from api.app import create_app
from api.http.problems import Unauthorized
from api.settings import GatewaySettings
from core.errors import ConfigurationError
from core.store.blobs import RedisBlobStore
from core.store.workers import Heartbeat, ModelIdentity, WorkerRegistry
from tests.api.gateway import MP4, DoorbellTwin, serve

ACME, EVIL = new_key("acme"), new_key("evil")


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A gateway with the keys of two tenants."""
    keys = tmp_path / "keys"
    keys.write_text(f"# tenants\n\n{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("nope"), {"Authorization": "Basic eA=="}, {"X-API-Key": "nope"}],
)
def test_without_a_known_key_there_is_nothing_to_see(
    guarded: httpx.Client, headers: dict[str, str]
) -> None:
    for path in ("/v1/models", "/v1/jobs/job_x"):
        answer = guarded.get(path, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_health_needs_no_key(guarded: httpx.Client) -> None:
    assert guarded.get("/healthz").status_code == 200
    assert guarded.get("/readyz").status_code == 503


def test_what_is_ready_is_told_with_a_key_only(guarded: httpx.Client, redis: Redis) -> None:
    for headers in ({}, {"X-API-Key": "nope"}):
        assert guarded.get("/readyz", headers=headers).json() == {"ready": False}
    told = guarded.get("/readyz", headers={"X-API-Key": ACME.secret}).json()
    assert set(told["checks"]) == {"redis", "broker", "workers", "model"}
    model = ModelIdentity("lite0", "1.0", "ab" * 32, "openvino-int8")
    WorkerRegistry(redis).beat(Heartbeat("w1", "host", 1, model, 4, "2026-01-01T00:00:00Z"))
    ready = guarded.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True})


def test_a_tenant_with_its_share_in_use_hears_429_and_others_are_served(
    redis_url: str, redis: Redis, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys, max_uploads=4)
    blobs = RedisBlobStore(redis)
    with ExitStack() as stack:
        client = stack.enter_context(serve(create_app(settings, doorbell=DoorbellTwin())))
        for _ in range(2):  # half of four
            stack.enter_context(half_an_upload(client, EVIL.secret))
        evil, acme = bearer(EVIL.secret), bearer(ACME.secret)
        while blobs.account("evil").uploads < 2:  # an upload that is stored holds its slot
            time.sleep(0.01)
        refused = client.post("/v1/jobs", content=MP4, headers=evil)
        theirs = client.post("/v1/jobs", content=MP4, headers=acme)
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too_many_uploads")
    assert refused.headers["retry-after"] == "2"
    assert theirs.status_code == 202


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({"max_upload_bytes": 10_000, "max_bytes_in_flight": 30_000}, "too_many_bytes"),
        ({"max_queued_jobs": 2}, "too_many_jobs"),
    ],
)
def test_what_a_tenant_has_waiting_is_bounded_and_others_are_served(
    redis_url: str, tmp_path: Path, limits: dict[str, int], problem: str
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings.model_validate(
        {"redis_url": redis_url, "api_keys_file": keys, **limits}
    )
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        taken, refused, theirs = (
            client.post("/v1/jobs", content=MP4, headers=bearer(key.secret))
            for key in (EVIL, EVIL, ACME)
        )
        whole = client.post("/v1/jobs", content=MP4, headers=bearer(ACME.secret))
    assert (taken.status_code, refused.status_code, theirs.status_code) == (202, 429, 202)
    assert refused.json()["type"] == f"/problems/{problem}"
    assert refused.json()["retryable"] is True
    assert refused.headers["retry-after"] == "5"
    if problem == "too_many_jobs":
        assert (whole.status_code, whole.json()["type"]) == (503, "/problems/queue_full")


def half_an_upload(client: httpx.Client, secret: str) -> socket.socket:
    """A connection that has sent the headers of an upload and the first bytes of its body."""
    host, port = client.base_url.host, client.base_url.port or 80
    connection = socket.create_connection((host, port))
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {secret}\r\n"
    connection.sendall(f"{head}Content-Length: 9000\r\n\r\n".encode() + MP4[:5000])
    return connection


def test_a_tenant_never_sees_another_tenants_job(guarded: httpx.Client) -> None:
    answer = guarded.post("/v1/jobs", content=MP4, headers={"X-API-Key": ACME.secret})
    path = answer.json()["links"]["self"]
    for method, url in (("GET", path), ("DELETE", path), ("POST", f"{path}/cancel")):
        theirs = guarded.request(method, url, headers=bearer(EVIL.secret))
        assert theirs.json()["type"] == "/problems/job_not_found"
    assert guarded.get(path, headers=bearer(ACME.secret)).json()["status"] == "queued"


def test_tenants_do_not_share_idempotency_keys(guarded: httpx.Client) -> None:
    ids = {
        guarded.post(
            "/v1/jobs", content=MP4, headers={"X-API-Key": key.secret, "Idempotency-Key": "1"}
        ).json()["id"]
        for key in (ACME, EVIL)
    }
    assert len(ids) == 2


def test_a_gateway_open_to_others_does_not_start_without_keys() -> None:
    with pytest.raises(ConfigurationError, match="deepfake keys new"):
        create_app(GatewaySettings(host="0.0.0.0"), doorbell=DoorbellTwin())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_gateway_needs_no_keys(host: str) -> None:
    create_app(GatewaySettings(host=host), doorbell=DoorbellTwin())


@pytest.mark.parametrize(
    "headers", [{"Host": "rebound.example"}, {"Origin": "https://evil.example"}]
)
def test_a_web_page_cannot_use_a_gateway_without_keys(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "[::1"},
        {"Host": "[::g]:80"},
        {"Host": "a b"},
        {"Host": "127.0.0.1:99999"},
        {"Host": "user@127.0.0.1"},
        {"Origin": "http://[::1"},
        {"Origin": "127.0.0.1:8000"},
        {"Origin": "http://"},
        {"Origin": "http://a:b:c"},
    ],
)
def test_a_malformed_host_or_origin_is_a_problem_of_the_request(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.get("/v1/models", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed_request")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_a_page_without_an_origin_cannot_use_a_gateway_without_keys(client: httpx.Client) -> None:
    assert client.get("/v1/models", headers={"Origin": "null"}).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP",
     "CF-Connecting-IP", "X-Forwarded", "Forwarded-For", "X-Original-Forwarded-For", "Client-IP",
     "X-Client-IP", "WL-Proxy-Client-IP", "Fastly-Client-IP", "X-Azure-ClientIP", "X-ARR-ClientIP",
     "X-AppEngine-User-IP", "X-Envoy-External-Address", "X-Remote-IP", "CDN-Loop", "CF-Ray"],
)  # fmt: skip
def test_strangers_behind_a_proxy_are_not_this_machine(client: httpx.Client, name: str) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers={name: "127.0.0.1"})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    assert "deepfake keys new" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["X-Request-ID", "Client", "Viability", "X-Amzn-Trace-Id"])
def test_headers_of_plain_clients_are_not_those_of_a_proxy(client: httpx.Client, name: str) -> None:
    assert client.get("/v1/models", headers={name: "a"}).status_code == 200


def test_a_gateway_with_keys_works_behind_a_proxy(guarded: httpx.Client) -> None:
    headers = {"X-API-Key": ACME.secret, "X-Forwarded-For": "203.0.113.7", "Via": "1.1 nginx"}
    assert guarded.get("/v1/models", headers=headers).status_code == 200


def test_the_gateways_own_page_can_use_it(client: httpx.Client) -> None:
    origin = str(client.base_url).rstrip("/")
    assert client.get("/v1/models", headers={"Origin": origin}).status_code == 200


def test_the_file_holds_no_secret(tmp_path: Path) -> None:
    assert ACME.secret.removeprefix("dfk_") not in ACME.entry
    keys = tmp_path / "keys"
    keys.write_text(ACME.entry)
    assert list(read_keys(keys).values()) == ["acme"]


@pytest.mark.parametrize(
    ("text", "message"), [("acme:secret", "line 1"), ("\n# only words\n", "holds no key")]
)
def test_a_bad_keys_file_is_explained(tmp_path: Path, text: str, message: str) -> None:
    keys = tmp_path / "keys"
    keys.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        read_keys(keys)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_keys(tmp_path / "missing")


@settings(max_examples=40)
@given(
    scheme=st.sampled_from(["Bearer", "bearer", "Basic", ""]),
    sent=st.text(st.characters(max_codepoint=255)),
    header=st.sampled_from(["authorization", "x-api-key"]),
)
def test_whatever_is_sent_as_a_key_opens_nothing_and_breaks_nothing(
    scheme: str, sent: str, header: str
) -> None:
    value = f"{scheme} {sent}" if header == "authorization" else sent
    scope = {"type": "http", "headers": [(header.encode(), value.encode("latin-1"))]}
    authenticator = KeyAuthenticator({"00" * 32: "acme"})
    with pytest.raises(Unauthorized):
        asyncio.run(authenticator.principal(HTTPConnection(scope), EmptyRing()))


class EmptyRing:
    """No keys; each lookup is of a SHA-256."""

    async def principal(self, secret_hash: str) -> Principal:
        assert len(bytes.fromhex(secret_hash)) == 32
        raise Unauthorized("The API key is not known here.")


def test_a_tenant_needs_a_plain_name() -> None:
    with pytest.raises(ConfigurationError, match="cannot name a tenant"):
        new_key("a:b")
