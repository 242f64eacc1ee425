"""Webhooks over HTTP: made, changed, tried and read by their own tenant alone."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from api.access.auth import new_key
from api.app import create_app
from api.settings import GatewaySettings
from core.store.attempts import Attempts
from core.store.outbox import Outbox, Parcel
from core.store.records import JobStatus
from core.store.webhook_records import DeliveryState, Try
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.api.judged import judged
from tests.core.net.forms import FORMS
from worker.webhooks.payload import body_of

ACME, EVIL = new_key("acme"), new_key("evil")
URL = "https://example.org/hook"


@pytest.fixture
def guarded(redis_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A gateway with the keys of two tenants."""
    keys = tmp_path / "keys"
    keys.write_text(f"{ACME.entry}\n{EVIL.entry}\n")
    settings = GatewaySettings(redis_url=redis_url, api_keys_file=keys)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        yield client


def make(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": URL, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def take(redis: Redis) -> Parcel:
    (parcel,) = Outbox(redis).take(1)
    return parcel


def settle(redis: Redis, parcel: Parcel, status: int) -> None:
    state = DeliveryState.DELIVERED if status < 300 else DeliveryState.FAILED
    Outbox(redis).settle(parcel.delivery, state, Try(datetime.now(UTC), ms=7, status=status))


def test_a_webhook_is_made_read_changed_and_deleted(client: httpx.Client) -> None:
    made = make(client, events=["job.failed"], description="for the audit")
    path = f"/v1/webhooks/{made['id']}"
    assert (made["url"], made["events"], made["enabled"]) == (URL, ["job.failed"], True)
    changed = client.patch(path, json={"enabled": False, "url": "https://EXAMPLE.net"}).json()
    assert (changed["url"], changed["enabled"]) == ("https://example.net/", False)
    assert client.get(path).json() == changed
    assert client.get("/v1/webhooks").json() == {"webhooks": [changed]}
    assert client.delete(path).status_code == 204
    assert client.get(path).json()["type"] == "/problems/webhook_not_found"
    assert client.get("/v1/webhooks").json() == {"webhooks": []}


def test_a_secret_is_shown_when_it_is_made_and_never_again(client: httpx.Client) -> None:
    made = make(client)
    path = f"/v1/webhooks/{made['id']}"
    assert len(b64decode(made["secret"].removeprefix("whsec_"))) == 32
    rotated = client.post(f"{path}/rotate-secret").json()
    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    answers = [client.get(path), client.get("/v1/webhooks"), client.patch(path, json={})]
    for answer in answers:
        assert "whsec_" not in answer.text


def test_the_public_key_stays_and_is_the_tenants_own(guarded: httpx.Client) -> None:
    keys = [
        guarded.get("/v1/webhooks/public-key", headers={"X-API-Key": key.secret}).json()
        for key in (ACME, ACME, EVIL)
    ]
    assert keys[0] == keys[1] != keys[2]
    assert len(b64decode(keys[0]["public_key"].removeprefix("whpk_"))) == 32


def test_the_secret_of_callbacks_is_made_on_demand_and_rotated(client: httpx.Client) -> None:
    first = client.post("/v1/webhooks/callback-secret").json()
    second = client.post("/v1/webhooks/callback-secret").json()
    assert first["old_secret_until"] is None
    assert second["old_secret_until"] is not None
    assert first["secret"] != second["secret"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": URL, "events": []},
        {"url": URL, "events": ["job.unknown"]},
        {"url": URL, "more": 1},
        {"url": URL, "description": "x" * 201},
        {"url": "ftp://example.org/"},
        {"url": "http://127.0.0.1/"},
        {"url": "http://user:word@example.org/"},
    ],
)
def test_what_is_no_webhook_is_refused(client: httpx.Client, body: dict[str, Any]) -> None:
    answer = client.post("/v1/webhooks", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/v1/webhooks").json() == {"webhooks": []}


def test_a_refused_url_names_the_rule(client: httpx.Client) -> None:
    for answer in (
        client.post("/v1/webhooks", json={"url": "http://169.254.169.254/"}),
        client.patch(f"/v1/webhooks/{make(client)['id']}", json={"url": "http://169.254.169.254/"}),
        client.post("/v1/jobs?callback_url=http://169.254.169.254/", content=MP4),
        client.post(
            "/v1/jobs",
            data={"callback_url": "http://169.254.169.254/"},
            files={"file": MP4},
        ),
    ):
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/url_not_allowed")
        assert "link-local or metadata" in answer.json()["detail"]


def test_no_address_of_this_machine_makes_a_webhook(client: httpx.Client) -> None:
    """A sample of the forms; all of them are tried where webhooks are sent."""
    addresses = [form for form in FORMS if form.startswith(("http://0", "http://127", "http://["))]
    sample = [form.replace("{port}", "80") for form in addresses[::4]]
    assert len(sample) > 15
    answers = [client.post("/v1/webhooks", json={"url": url}) for url in sample]
    assert {answer.status_code for answer in answers} == {422}
    assert client.get("/v1/webhooks").json() == {"webhooks": []}


def test_a_tenant_has_a_limited_number(client: httpx.Client) -> None:
    for _ in range(16):
        make(client)
    answer = client.post("/v1/webhooks", json={"url": URL})
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/too_many_webhooks")


def test_the_end_of_a_job_reaches_the_outbox_and_the_log(
    client: httpx.Client, redis: Redis
) -> None:
    made = make(client)
    job = judged(client, redis)
    parcel = take(redis)
    settle(redis, parcel, 500)
    (delivery,) = client.get(f"/v1/webhooks/{made['id']}/deliveries").json()["deliveries"]
    assert (delivery["subject"], delivery["type"]) == (job.id, "job.succeeded")
    assert (delivery["state"], delivery["reason"]) == ("failed", "given_up")
    assert [(done["status"], done["ms"]) for done in delivery["tries"]] == [(500, 7)]
    assert client.get(f"/v1/jobs/{job.id}/deliveries").json()["deliveries"] == [delivery]


def test_the_body_of_a_message_is_the_job_as_the_api_shows_it(
    client: httpx.Client, redis: Redis
) -> None:
    make(client)
    job = judged(client, redis)
    told = json.loads(body_of(take(redis).message))["data"]
    shown = client.get(f"/v1/jobs/{job.id}").json()
    del shown["result"]["frames"], shown["result"]["timings_ms"]
    assert {"id", "status", "finished_at", "tags", "media", "result", "error"} <= set(told)
    assert told["links"].items() <= shown["links"].items()
    del told["links"]
    assert told == {name: shown[name] for name in told}


def test_a_message_can_be_sent_again(client: httpx.Client, redis: Redis) -> None:
    made = make(client)
    judged(client, redis)
    first = take(redis)
    settle(redis, first, 500)
    path = f"/v1/webhooks/{made['id']}/deliveries"
    answer = client.post(f"{path}/{first.delivery.id}/redeliver")
    assert answer.status_code == 202
    assert answer.json()["message_id"] == first.message.id
    assert take(redis).delivery.id == answer.json()["id"]
    assert len(client.get(path).json()["deliveries"]) == 2


def test_a_test_message_is_queued_and_rung_for(
    client: httpx.Client, redis: Redis, doorbell: DoorbellTwin
) -> None:
    made = make(client)
    answer = client.post(f"/v1/webhooks/{made['id']}/test")
    assert (answer.status_code, answer.json()["type"]) == (202, "webhook.test")
    assert doorbell.rung_for_webhooks == 1
    assert take(redis).delivery.id == answer.json()["id"]


def test_a_canceled_job_is_rung_for(
    client: httpx.Client, redis: Redis, doorbell: DoorbellTwin
) -> None:
    job_id = client.post(f"/v1/jobs?callback_url={URL}", content=MP4).json()["id"]
    client.post(f"/v1/jobs/{job_id}/cancel")
    assert doorbell.rung_for_webhooks == 1
    parcel = take(redis)
    assert (parcel.message.type, parcel.url) == ("job.canceled", URL)


def test_a_cancel_works_while_the_broker_refuses(
    client: httpx.Client, redis: Redis, doorbell: DoorbellTwin
) -> None:
    job_id = client.post(f"/v1/jobs?callback_url={URL}", content=MP4).json()["id"]
    doorbell.refuses = True
    answer = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "canceled")
    assert take(redis).message.type == "job.canceled"


def test_a_callback_is_an_option_like_the_others(client: httpx.Client, redis: Redis) -> None:
    key = {"Idempotency-Key": "k1"}
    form = {"callback_url": "https://example.org/done"}
    made = client.post("/v1/jobs", data=form, files={"file": MP4}, headers=key)
    assert made.status_code == 202
    again = client.post("/v1/jobs?callback_url=https://example.org/done", content=MP4, headers=key)
    assert again.status_code == 200
    other = client.post("/v1/jobs?callback_url=https://example.org/x", content=MP4, headers=key)
    assert other.json()["type"] == "/problems/idempotency_conflict"
    assert "callback_url" in client.get("/v1/limits").json()["options"]
    attempts = Attempts(redis)
    job = attempts.take("w1")
    assert job is not None
    attempts.finish(job.id, job.attempt, status=JobStatus.CANCELED)
    assert take(redis).url == "https://example.org/done"


def test_what_belongs_to_another_tenant_does_not_exist(guarded: httpx.Client, redis: Redis) -> None:
    mine, theirs = ({"X-API-Key": key.secret} for key in (ACME, EVIL))
    made = guarded.post("/v1/webhooks", json={"url": URL}, headers=mine).json()
    job = judged(guarded, redis, headers=mine)
    delivery = take(redis).delivery
    path = f"/v1/webhooks/{made['id']}"
    for method, target in [
        ("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/rotate-secret"),
        ("POST", f"{path}/test"), ("GET", f"{path}/deliveries"),
        ("POST", f"{path}/deliveries/{delivery.id}/redeliver"),
        ("GET", f"/v1/jobs/{job.id}/deliveries"),
    ]:  # fmt: skip
        body = {"enabled": False} if method == "PATCH" else None
        stranger = guarded.request(method, target, headers=theirs, json=body)
        nobody = guarded.request(method, target, json=body)
        assert (stranger.status_code, nobody.status_code) == (404, 401), target
    assert guarded.get("/v1/webhooks", headers=theirs).json() == {"webhooks": []}
    assert guarded.get(path, headers=mine).json()["enabled"] is True
