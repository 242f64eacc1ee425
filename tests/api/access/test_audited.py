from __future__ import annotations

import logging

import httpx
import pytest
from redis import Redis

from core.store.audit import AuditLog


def test_changes_of_webhooks_are_in_the_log_without_what_a_url_may_hide(
    client: httpx.Client, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="api.access.audited"):
        made = client.post("/v1/webhooks", json={"url": "https://example.org/a?token=hidden"})
        path = f"/v1/webhooks/{made.json()['id']}"
        client.patch(path, json={"enabled": False, "url": "https://example.com/b?token=hidden"})
        client.post(f"{path}/rotate-secret")
        client.post("/v1/webhooks/callback-secret")
        client.delete(path)
    entries = AuditLog(redis).newest(10)
    assert [entry.action for entry in entries] == [
        "webhook.created",
        "webhook.changed",
        "webhook.secret_rotated",
        "webhook.callback_secret_rotated",
        "webhook.deleted",
    ]
    assert [entry.details for entry in entries[:2]] == [
        {"host": "example.org"},
        {"enabled": False, "host": "example.com"},
    ]
    assert {entry.subject for entry in entries} == {made.json()["id"], "callbacks"}
    assert {(entry.actor.name, entry.actor.address) for entry in entries} == {
        ("tenant local", "127.0.0.1")
    }
    assert f"audit: webhook.created {made.json()['id']} of tenant local by tenant local" in (
        caplog.text
    )
    assert "hidden" not in caplog.text + repr(entries)


def test_what_was_refused_is_not_in_the_log(client: httpx.Client, redis: Redis) -> None:
    assert client.delete("/v1/webhooks/whe_unknown").status_code == 404
    assert AuditLog(redis).newest(10) == []


def test_what_was_done_is_told_though_redis_has_no_room_for_the_entry(
    client: httpx.Client, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    made = client.post("/v1/webhooks", json={"url": "https://example.org/a"}).json()
    redis.config_set("maxmemory", 1)
    try:
        deleted = client.delete(f"/v1/webhooks/{made['id']}")
    finally:
        redis.config_set("maxmemory", 0)
    assert deleted.status_code == 204, deleted.text
    assert client.get("/v1/webhooks").json() == {"webhooks": []}
    assert "not in the audit log" in caplog.text
