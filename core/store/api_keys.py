"""API keys that are made, rotated and revoked while gateways run; Redis holds their hashes only.

A key has an id, which may be shown, and a secret, which is shown once. Its plain SHA-256 is what
is kept: there is nothing to guess in 256 random bits, so a slow password hash would only slow
down every request. Looking a hash up tells nothing by its timing either, because who does not hold
the secret cannot choose the hash.

Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal

from redis import Redis

from core.errors import ApiKeyEnded, ApiKeyNotFound, ConfigurationError, TooManyApiKeys
from core.scopes import Scope
from core.store.audit import Actor
from core.store.connection import store_errors
from core.store.ids import new_id
from core.store.keys import PREFIX, Key
from core.store.records import JsonObject
from core.store.scripts import Scripts

MAX_LIVING: Final = 100  # keys of one tenant
MAX_LABEL: Final = 64  # characters
TENANT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

KeyState = Literal["active", "expired", "revoked", "replaced", "unknown"]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it may be shown; times are UTC."""

    id: str
    tenant: str
    scopes: frozenset[Scope]
    label: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None  # to the minute
    rotated_at: datetime | None = None
    before_ends_at: datetime | None = None  # the end of the secret that was replaced last
    revoked_at: datetime | None = None

    @property
    def state(self) -> Literal["active", "expired", "revoked"]:
        """Whether it opens anything now."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= datetime.now(UTC):
            return "expired"
        return "active"

    @classmethod
    def from_fields(cls, key_id: str, fields: dict[bytes, bytes]) -> ApiKey:
        """Read a hash back, as HGETALL gives it."""
        text = {name.decode(): value.decode() for name, value in fields.items()}
        return cls(
            id=key_id,
            tenant=text["tenant"],
            scopes=scopes_of(text["scopes"]),
            label=text["label"],
            created_at=_utc(text["created_at"]),
            expires_at=_instant(text.get("expires_at")),
            last_used_at=_instant(text.get("last_used_at")),
            rotated_at=_instant(text.get("rotated_at")),
            before_ends_at=_instant(text.get("before_ends_at")),
            revoked_at=_instant(text.get("revoked_at")),
        )


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A key and its new secret, which nobody can read again."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True)
class FoundKey:
    """What a secret opens: ``state`` says whether it does, and ``since`` since when not."""

    state: KeyState
    id: str = ""
    tenant: str = ""
    scopes: frozenset[Scope] = frozenset()
    since: datetime | None = None


class ApiKeyStore:
    """Keys by their ids, and by the hashes of their secrets."""

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._prefix = prefix
        verbs = ("create", "find", "list", "rotate", "revoke")
        self._run = Scripts(redis, "api_key", verbs, prefix=prefix)

    def create(
        self,
        tenant: str,
        scopes: Collection[Scope],
        *,
        actor: Actor,
        label: str = "",
        ttl_s: float | None = None,
    ) -> NewSecret:
        """Make a key; it counts at every gateway at once.

        Raises ConfigurationError for a name or a label that cannot be used, and TooManyApiKeys.
        """
        check_tenant(tenant)
        check_label(label)
        secret, key_id = new_secret(), new_id("key")
        told = {"label": label, "scopes": sorted(scopes), "expires_in_s": ttl_s}
        outcome, answer = self._run(
            "create",
            key_id,
            tenant,
            digest(secret),
            " ".join(sorted(scopes)),
            label,
            "" if ttl_s is None else int(ttl_s * 1000),
            MAX_LIVING,
            *_by(actor, told),
        )
        if outcome == b"full":
            raise TooManyApiKeys(tenant, used=int(answer), limit=MAX_LIVING)
        return NewSecret(ApiKey.from_fields(key_id, _pairs(answer)), secret)

    def find(self, secret_hash: str) -> FoundKey:
        """The key of a secret, and whether it still opens anything; notes that it was used."""
        state, *rest = self._run("find", secret_hash)
        match state.decode(), [part.decode() for part in rest]:
            case "active", [key_id, tenant, scopes]:
                return FoundKey("active", key_id, tenant, scopes_of(scopes))
            case ("expired" | "revoked" | "replaced") as ended, [key_id, since]:
                return FoundKey(ended, key_id, since=_utc(since))
        return FoundKey("unknown")

    @store_errors()
    def get(self, key_id: str, tenant: str) -> ApiKey:
        """One key; raises ApiKeyNotFound, also when it is another tenant's."""
        fields = self._redis.hgetall(Key.API_KEY.at(key_id, prefix=self._prefix))
        if not fields or fields[b"tenant"].decode() != tenant:
            raise ApiKeyNotFound(key_id)
        return ApiKey.from_fields(key_id, fields)

    def listing(self, tenant: str | None = None) -> list[ApiKey]:
        """All keys, or those of one tenant, by tenant and age; also those that ended lately."""
        found = self._run("list", tenant or "")
        return [
            ApiKey.from_fields(key_id.decode(), _pairs(flat))
            for key_id, flat in zip(found[::2], found[1::2], strict=True)
        ]

    def rotate(
        self, key_id: str, *, actor: Actor, grace_s: float, tenant: str | None = None
    ) -> NewSecret:
        """Give a key a new secret; the one that it had opens everything for ``grace_s`` more.

        A secret that was replaced earlier ends now. Raises ApiKeyNotFound, also when it is not
        ``tenant``'s, and ApiKeyEnded.
        """
        secret = new_secret()
        outcome, *rest = self._run(
            "rotate",
            key_id,
            tenant or "",
            digest(secret),
            int(grace_s * 1000),
            *_by(actor, {"grace_s": grace_s}),
        )
        if outcome == b"missing":
            raise ApiKeyNotFound(key_id)
        if outcome == b"ended":
            raise ApiKeyEnded(key_id, rest[0].decode(), _utc(rest[1].decode()))
        return NewSecret(ApiKey.from_fields(key_id, _pairs(rest[0])), secret)

    def revoke(self, key_id: str, *, actor: Actor, tenant: str | None = None) -> ApiKey:
        """End a key with all its secrets; one that is revoked stays so.

        Raises ApiKeyNotFound, also when it is not ``tenant``'s.
        """
        flat = self._run("revoke", key_id, tenant or "", *_by(actor, {}))
        if not flat:
            raise ApiKeyNotFound(key_id)
        return ApiKey.from_fields(key_id, _pairs(flat))


def new_secret() -> str:
    """256 random bits, which nobody can guess."""
    return f"dfk_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def check_tenant(tenant: str) -> None:
    """Raises ConfigurationError for a name that no tenant can have."""
    if not TENANT.fullmatch(tenant):
        raise ConfigurationError(
            f"{tenant!r} cannot name a tenant; use 1 to 64 letters, digits, '.', '_' or '-'."
        )


def check_label(label: str) -> None:
    """Raises ConfigurationError for a label that a terminal could not show as it is."""
    if len(label) > MAX_LABEL or not label.isprintable():
        raise ConfigurationError(
            f"{label[:MAX_LABEL]!r} cannot be a label; use up to {MAX_LABEL} printable characters."
        )


def scopes_of(text: str) -> frozenset[Scope]:
    """Read stored scopes; those of a newer version open nothing here, and are left out."""
    return frozenset(Scope(name) for name in text.split() if name in set(Scope))


def _by(actor: Actor, details: JsonObject) -> tuple[str, str, str]:
    return actor.name, actor.address, json.dumps(details)


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _utc(epoch_ms: str) -> datetime:
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)


def _instant(epoch_ms: str | None) -> datetime | None:
    return _utc(epoch_ms) if epoch_ms else None
