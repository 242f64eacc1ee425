from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.auth import new_key, read_keys
from api.settings import GatewaySettings
from core.errors import ConfigurationError
from tests.api.gateway import MP4, QueueTwin, serve

ACME, EVIL = new_key("acme"), new_key("evil")


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A gateway with the keys of two tenants."""
    keys = tmp_path / "keys"
    keys.write_text(f"# tenants\n\n{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys)
    with serve(create_app(settings, queue=QueueTwin())) as client:
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
        create_app(GatewaySettings(host="0.0.0.0"), queue=QueueTwin())


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_gateway_needs_no_keys(host: str) -> None:
    create_app(GatewaySettings(host=host), queue=QueueTwin())


@pytest.mark.parametrize(
    "headers", [{"Host": "rebound.example"}, {"Origin": "https://evil.example"}]
)
def test_a_web_page_cannot_use_a_gateway_without_keys(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    answer = client.post("/v1/jobs", content=MP4, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


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


def test_a_tenant_needs_a_plain_name() -> None:
    with pytest.raises(ConfigurationError, match="cannot name a tenant"):
        new_key("a:b")
