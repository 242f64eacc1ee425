from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis

from core.errors import ApiKeyEnded, ApiKeyNotFound, ConfigurationError, TooManyApiKeys
from core.scopes import USUAL_SCOPES, Scope
from core.store import api_keys
from core.store.api_keys import ApiKeyStore, digest
from core.store.audit import Actor, AuditLog
from tests.redis_server import RedisServer

ROOT = Actor("root", "host")


@pytest.fixture
def store(redis: Redis) -> ApiKeyStore:
    return ApiKeyStore(redis)


def test_a_secret_opens_what_its_key_may_do(store: ApiKeyStore) -> None:
    new = store.create("acme", {Scope.READ}, actor=ROOT, label="ci")
    found = store.find(digest(new.secret))
    assert (found.state, found.id, found.tenant) == ("active", new.key.id, "acme")
    assert found.scopes == {Scope.READ}
    assert store.find(digest("dfk_other")).state == "unknown"


def test_redis_holds_no_secret(store: ApiKeyStore, redis: Redis) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT)
    again = store.rotate(new.key.id, actor=ROOT, grace_s=60)
    client: Any = redis
    everything = b"".join(name + client.dump(name) for name in client.keys("*"))
    assert new.key.id.encode() in everything
    for secret in (new.secret, again.secret):
        assert secret.encode() not in everything
        assert secret.removeprefix("dfk_")[:12].encode() not in everything


def test_keys_are_listed_by_tenant_and_age(store: ApiKeyStore) -> None:
    made = []
    for tenant in ("b", "a", "a-b", "a"):
        made.append(store.create(tenant, USUAL_SCOPES, actor=ROOT).key)
        time.sleep(0.002)
    first_b, first_a, other, second_a = made
    assert [key.id for key in store.listing("a")] == [first_a.id, second_a.id]
    assert {key.id for key in store.listing()} == {first_b.id, first_a.id, other.id, second_a.id}


def test_a_key_notes_when_it_was_used_once_a_minute(store: ApiKeyStore, redis: Redis) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT)
    assert store.get(new.key.id, "acme").last_used_at is None
    store.find(digest(new.secret))
    first = store.get(new.key.id, "acme").last_used_at
    assert first is not None
    time.sleep(0.005)
    store.find(digest(new.secret))
    assert store.get(new.key.id, "acme").last_used_at == first
    redis.hincrby(f"df:api-key:{new.key.id}", "last_used_at", -60_000)
    store.find(digest(new.secret))
    later = store.get(new.key.id, "acme").last_used_at
    assert later is not None
    assert later > first


def test_after_a_rotation_both_secrets_open_until_the_grace_ends(store: ApiKeyStore) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT)
    again = store.rotate(new.key.id, actor=ROOT, grace_s=0.05)
    assert again.key.id == new.key.id
    assert [store.find(digest(s)).state for s in (new.secret, again.secret)] == ["active", "active"]
    time.sleep(0.06)
    old = store.find(digest(new.secret))
    assert (old.state, old.id) == ("replaced", new.key.id)
    assert store.find(digest(again.secret)).state == "active"


def test_a_second_rotation_ends_what_the_first_one_had_replaced(store: ApiKeyStore) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT)
    second = store.rotate(new.key.id, actor=ROOT, grace_s=60)
    store.rotate(new.key.id, actor=ROOT, grace_s=60)
    assert store.find(digest(new.secret)).state == "unknown"
    assert store.find(digest(second.secret)).state == "active"


def test_a_revoked_key_opens_nothing_with_any_of_its_secrets(store: ApiKeyStore) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT)
    again = store.rotate(new.key.id, actor=ROOT, grace_s=60)
    revoked = store.revoke(new.key.id, actor=ROOT)
    assert revoked.state == "revoked"
    for secret in (new.secret, again.secret):
        found = store.find(digest(secret))
        assert (found.state, found.since) == ("revoked", revoked.revoked_at)
    with pytest.raises(ApiKeyEnded, match="is revoked since"):
        store.rotate(new.key.id, actor=ROOT, grace_s=0)
    assert store.revoke(new.key.id, actor=ROOT).revoked_at == revoked.revoked_at


def test_a_key_expires_and_says_so_for_a_month(store: ApiKeyStore, redis: Redis) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT, ttl_s=0.02)
    time.sleep(0.03)
    found = store.find(digest(new.secret))
    assert (found.state, found.since) == ("expired", new.key.expires_at)
    assert [key.state for key in store.listing("acme")] == ["expired"]
    month = timedelta(days=30).total_seconds()
    for name in (f"df:api-key:{new.key.id}", f"df:api-key-hash:{digest(new.secret)}"):
        assert month - 60 < redis.ttl(name) <= month


def test_a_rotated_key_expires_when_it_was_to(store: ApiKeyStore, redis: Redis) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT, ttl_s=3600)
    again = store.rotate(new.key.id, actor=ROOT, grace_s=60)
    assert again.key.expires_at == new.key.expires_at
    assert redis.ttl(f"df:api-key-hash:{digest(again.secret)}") > 0


def test_another_tenants_key_is_not_found(store: ApiKeyStore) -> None:
    key = store.create("acme", USUAL_SCOPES, actor=ROOT).key
    for call in (
        lambda: store.get(key.id, "evil"),
        lambda: store.rotate(key.id, actor=ROOT, grace_s=0, tenant="evil"),
        lambda: store.revoke(key.id, actor=ROOT, tenant="evil"),
        lambda: store.revoke("key_nothing", actor=ROOT),
    ):
        with pytest.raises(ApiKeyNotFound):
            call()
    assert store.get(key.id, "acme").state == "active"


def test_the_living_keys_of_a_tenant_are_bounded_and_old_ended_ones_forgotten(
    store: ApiKeyStore, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MAX_LIVING", 2)
    first, second = (store.create("acme", USUAL_SCOPES, actor=ROOT).key for _ in range(2))
    with pytest.raises(TooManyApiKeys, match="2 API keys"):
        store.create("acme", USUAL_SCOPES, actor=ROOT)
    store.create("other", USUAL_SCOPES, actor=ROOT)
    store.revoke(first.id, actor=ROOT)
    assert store.create("acme", USUAL_SCOPES, actor=ROOT).key.id
    redis.delete(f"df:api-key:{second.id}")
    assert second.id not in {key.id for key in store.listing("acme")}


def test_the_ended_keys_of_a_tenant_are_bounded(store: ApiKeyStore, redis: Redis) -> None:
    for _ in range(403):
        key = store.create("acme", USUAL_SCOPES, actor=ROOT).key
        store.revoke(key.id, actor=ROOT)
    living = store.create("acme", USUAL_SCOPES, actor=ROOT).key
    kept = store.listing("acme")
    assert (len(kept), kept[-1].id) == (401, living.id)
    assert len(redis.keys("df:api-key-hash:*")) == 401


def test_names_and_labels_are_plain(store: ApiKeyStore) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a tenant"):
        store.create("a:b", USUAL_SCOPES, actor=ROOT)
    for label in ("x" * 65, "\x1b[31m", "a\nb"):
        with pytest.raises(ConfigurationError, match="cannot be a label"):
            store.create("acme", USUAL_SCOPES, actor=ROOT, label=label)


def test_scopes_of_a_newer_version_open_nothing(store: ApiKeyStore, redis: Redis) -> None:
    new = store.create("acme", USUAL_SCOPES, actor=ROOT)
    redis.hset(f"df:api-key:{new.key.id}", "scopes", "read everything")
    assert store.find(digest(new.secret)).scopes == {Scope.READ}


def test_every_change_is_in_the_log_with_who_did_it_and_no_secret(
    store: ApiKeyStore, redis: Redis
) -> None:
    new = store.create("acme", {Scope.READ}, actor=ROOT, label="ci", ttl_s=60)
    again = store.rotate(new.key.id, actor=Actor("key_1", "203.0.113.7"), grace_s=5)
    store.revoke(new.key.id, actor=ROOT)
    store.revoke(new.key.id, actor=ROOT)  # which changes nothing
    entries = AuditLog(redis).newest(10)
    assert [entry.action for entry in entries] == ["key.created", "key.rotated", "key.revoked"]
    assert {(entry.tenant, entry.subject) for entry in entries} == {("acme", new.key.id)}
    assert entries[0].details == {"label": "ci", "scopes": ["read"], "expires_in_s": 60}
    assert entries[1].actor == Actor("key_1", "203.0.113.7")
    assert abs((entries[2].at - datetime.now(UTC)).total_seconds()) < 60
    told = repr(entries)
    assert not any(s in told for s in (new.secret, again.secret, digest(new.secret)))
    assert [entry.action for entry in AuditLog(redis).newest(1)] == ["key.revoked"]


def test_a_full_redis_lets_callers_in_and_keys_be_revoked(redis_server: RedisServer) -> None:
    with redis_server.client() as redis:
        redis.flushall()
        store = ApiKeyStore(redis)
        new = store.create("acme", USUAL_SCOPES, actor=ROOT)
        redis.config_set("maxmemory", 1)
        try:
            assert store.find(digest(new.secret)).state == "active"
            assert store.get(new.key.id, "acme").last_used_at is None
            assert store.revoke(new.key.id, actor=ROOT).state == "revoked"
        finally:
            redis.config_set("maxmemory", 0)
