"""Gateways whose keys are in Redis, for tests."""

from __future__ import annotations

from redis import Redis

from core.scopes import Scope
from core.store.api_keys import ApiKeyStore, NewSecret
from core.store.audit import Actor

OPERATOR = Actor("root", "host")


def make_key(redis: Redis, tenant: str, *scopes: Scope, ttl_s: float | None = None) -> NewSecret:
    """A key as `deepfake keys create` makes it."""
    return ApiKeyStore(redis).create(tenant, scopes, actor=OPERATOR, ttl_s=ttl_s)


def bearer(new: NewSecret) -> dict[str, str]:
    return {"Authorization": f"Bearer {new.secret}"}
