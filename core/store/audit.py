"""What administrators did: a log that holds about the 10,000 newest entries.

The script that changes a key writes the entry too, so there is no change without one; of other
things it is noted after the change. An entry holds no secret.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from core.store.connection import store_errors
from core.store.keys import PREFIX, Key
from core.store.records import JsonObject
from core.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, and from where: the id of a key and an address, or a user and a machine."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done, to ``subject``, which is ``tenant``'s."""

    at: datetime
    action: str
    tenant: str
    subject: str
    actor: Actor
    details: JsonObject

    def to_json(self) -> JsonObject:
        """One object, as ``deepfake audit --json`` prints it."""
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "action": self.action,
            "tenant": self.tenant,
            "subject": self.subject,
            "actor": self.actor.name,
            "address": self.actor.address,
            "details": self.details,
        }


class AuditLog:
    """Every method raises StoreUnavailable when Redis is away."""

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._key = Key.AUDIT.at(prefix=prefix)
        self._run = Scripts(redis, "audit", ("note",), prefix=prefix)

    def note(
        self, action: str, tenant: str, subject: str, actor: Actor, details: JsonObject
    ) -> None:
        """Write one entry, of a change that has been made."""
        told = json.dumps(details)
        self._run("note", action, tenant, subject, actor.name, actor.address, told)

    @store_errors()
    def newest(self, count: int) -> list[AuditEntry]:
        """The last ``count`` entries, the oldest of them first."""
        found = self._redis.xrevrange(self._key, count=count)
        return [_entry(entry_id, fields) for entry_id, fields in reversed(found)]


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> AuditEntry:
    text = {name.decode(): value.decode() for name, value in fields.items()}
    at = datetime.fromtimestamp(int(entry_id.partition(b"-")[0]) / 1000, UTC)
    return AuditEntry(
        at=at,
        action=text["action"],
        tenant=text["tenant"],
        subject=text["subject"],
        actor=Actor(text["actor"], text["address"]),
        details=json.loads(text["details"]),
    )
