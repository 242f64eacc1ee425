"""The endpoints of tenants, and the secrets that sign what is sent to them.

Secrets lie in Redis in clear, as uploads do: a message cannot be signed with a hash. Every method
raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from redis import Redis

from core.errors import TooManyWebhooks, WebhookNotFound
from core.store.connection import store_errors
from core.store.ids import new_id
from core.store.keys import PREFIX, Key
from core.store.scripts import Scripts
from core.store.webhook_records import SEED_BYTES, Endpoint, Signing, new_secret

MOST_ENDPOINTS: Final = 16  # of one tenant; each gets its own copy of every event
OLD_SECRET_S: Final = 24 * 3600.0  # how long a secret that was replaced signs beside the new one
_VERBS: Final = ("create", "update", "rotate", "delete", "signing")


class EndpointStore:
    """Endpoints by id; what is another tenant's counts as not there."""

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._prefix = prefix
        self._run = Scripts(redis, "webhook", _VERBS, prefix=prefix)

    def create(
        self, tenant: str, url: str, events: tuple[str, ...], description: str = ""
    ) -> Endpoint:
        """Store an endpoint with a new secret; raises TooManyWebhooks."""
        endpoint_id = new_id("whe")
        fields = {
            "url": url,
            "events": " ".join(events),
            "description": description,
            "secret": new_secret(),
            "enabled": "1",
        }
        flat = [part for pair in fields.items() for part in pair]
        outcome, rest = self._run("create", endpoint_id, tenant, MOST_ENDPOINTS, *flat)
        if outcome == b"full":
            raise TooManyWebhooks(used=int(rest), limit=MOST_ENDPOINTS)
        return Endpoint.from_flat(endpoint_id, rest)

    @store_errors()
    def get(self, endpoint_id: str, tenant: str) -> Endpoint:
        """Raises WebhookNotFound."""
        fields: dict[bytes, bytes] = self._redis.hgetall(self._at(Key.WEBHOOK, endpoint_id))
        if not fields or fields[b"tenant"].decode() != tenant:
            raise WebhookNotFound(endpoint_id)
        return Endpoint.from_flat(endpoint_id, [part for pair in fields.items() for part in pair])

    @store_errors()
    def of(self, tenant: str) -> list[Endpoint]:
        """All endpoints of a tenant, the oldest first."""
        ids: list[bytes] = self._redis.zrange(self._at(Key.WEBHOOKS, tenant), 0, -1)
        found = []
        for endpoint_id in ids:
            try:
                found.append(self.get(endpoint_id.decode(), tenant))
            except WebhookNotFound:  # deleted since
                continue
        return found

    def update(
        self,
        endpoint_id: str,
        tenant: str,
        *,
        url: str | None = None,
        events: tuple[str, ...] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """Change what is given; raises WebhookNotFound."""
        fields = {
            "url": url,
            "events": None if events is None else " ".join(events),
            "description": description,
            "enabled": None if enabled is None else str(int(enabled)),
        }
        given = [
            part
            for pair in fields.items()
            if pair[1] is not None
            for part in pair
            if part is not None
        ]
        return self._found(endpoint_id, self._run("update", endpoint_id, tenant, *given))

    def rotate(self, endpoint_id: str, tenant: str) -> Endpoint:
        """Give it a new secret; the old one signs too for a day. Raises WebhookNotFound."""
        arguments = (endpoint_id, tenant, new_secret(), int(OLD_SECRET_S * 1000))
        return self._found(endpoint_id, self._run("rotate", *arguments))

    def rotate_callbacks(self, tenant: str) -> Signing:
        """The same for the secret of callbacks, which a tenant has not until it makes one."""
        arguments = ("", tenant, new_secret(), int(OLD_SECRET_S * 1000))
        return Signing.from_flat(self._run("rotate", *arguments))

    def delete(self, endpoint_id: str, tenant: str) -> None:
        """Forget it, with its log and what waits for it; raises WebhookNotFound."""
        if not self._run("delete", endpoint_id, tenant):
            raise WebhookNotFound(endpoint_id)

    def signing(self, tenant: str) -> Signing:
        """The tenant's key and secret; the key is made when it is asked for first."""
        return Signing.from_flat(self._run("signing", tenant, secrets.token_hex(SEED_BYTES)))

    def _found(self, endpoint_id: str, flat: list[bytes]) -> Endpoint:
        if not flat:
            raise WebhookNotFound(endpoint_id)
        return Endpoint.from_flat(endpoint_id, flat)

    def _at(self, family: Key, name: str) -> str:
        return family.at(name, prefix=self._prefix)
