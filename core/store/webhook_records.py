"""Endpoints, deliveries and messages of webhooks, as plain values with JSON or text forms."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from core.store.formats import check_format
from core.store.records import Job, JsonObject

SECRET_BYTES: Final = 32
SEED_BYTES: Final = 32  # of an ed25519 key


class Event(StrEnum):
    """What a webhook tells of."""

    JOB_SUCCEEDED = "job.succeeded"
    JOB_FAILED = "job.failed"
    JOB_CANCELED = "job.canceled"
    BATCH_FINISHED = "batch.finished"


TEST_EVENT: Final = "webhook.test"  # no endpoint asks for it; it comes when somebody tries one


class DeliveryState(StrEnum):
    """``waiting -> sending -> delivered | failed``, and back to ``waiting`` after a bad try."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a tenant wants to hear of ``events``. ``secret`` is shown to nobody later."""

    id: str
    tenant: str
    url: str
    events: tuple[str, ...]
    description: str
    enabled: bool
    secret: str
    created_at: datetime
    disabled_because: str | None = None  # ``gone`` where it answered 410
    old_secret: str | None = None
    old_until: datetime | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Those that sign now, the newest first."""
        return valid_secrets(self.secret, self.old_secret, self.old_until)

    @classmethod
    def from_flat(cls, endpoint_id: str, flat: Sequence[bytes]) -> Endpoint:
        """Read what a script returns of a hash: its fields and values in turn."""
        text = texts(flat)
        check_format(f"webhook {endpoint_id}", text.get("format"))
        return cls(
            id=endpoint_id,
            tenant=text["tenant"],
            url=text["url"],
            events=tuple(text["events"].split()),
            description=text.get("description", ""),
            enabled=text["enabled"] == "1",
            secret=text["secret"],
            created_at=instant(text["created_at"]),
            disabled_because=text.get("disabled_because"),
            old_secret=text.get("old_secret"),
            old_until=instant(text["old_until"]) if "old_until" in text else None,
        )


@dataclass(frozen=True, slots=True)
class Signing:
    """How a tenant's messages are signed, whoever receives them."""

    seed: str = ""  # of its ed25519 key, in hexadecimal digits
    secret: str | None = None  # of callbacks
    old_secret: str | None = None
    old_until: datetime | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Those that sign callbacks now, the newest first; none until the tenant made one."""
        if self.secret is None:
            return ()
        return valid_secrets(self.secret, self.old_secret, self.old_until)

    @classmethod
    def from_flat(cls, flat: Sequence[bytes]) -> Signing:
        """Read what a script returns of a hash."""
        text = texts(flat)
        return cls(
            seed=text.get("seed", ""),
            secret=text.get("secret"),
            old_secret=text.get("old_secret"),
            old_until=instant(text["old_until"]) if "old_until" in text else None,
        )


@dataclass(frozen=True, slots=True)
class Try:
    """One request, and what came of it: a ``status``, or an ``error`` where none came."""

    at: datetime
    ms: int
    status: int | None = None
    error: str | None = None

    def to_json(self) -> str:
        at_ms = round(self.at.timestamp() * 1000)
        return json.dumps({"at": at_ms, "ms": self.ms, "status": self.status, "error": self.error})

    @classmethod
    def from_json(cls, text: str) -> Try:
        stored = json.loads(text)
        return cls(instant(stored["at"]), stored["ms"], stored["status"], stored["error"])


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one receiver; ``endpoint`` is None for the callback of a job."""

    id: str
    tenant: str
    message: str
    type: str
    subject: str  # the job, or whatever the message is about
    endpoint: str | None
    url: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    due_at: datetime
    over_at: datetime | None
    reason: str | None  # why it failed
    tries: tuple[Try, ...]

    @classmethod
    def from_flat(cls, delivery_id: str, flat: Sequence[bytes]) -> Delivery:
        """Read what a script returns of a hash."""
        text = texts(flat)
        numbers = sorted(int(name[4:]) for name in text if name.startswith("try:"))
        return cls(
            id=delivery_id,
            tenant=text["tenant"],
            message=text["message"],
            type=text["type"],
            subject=text["subject"],
            endpoint=text["endpoint"] or None,
            url=text["url"],
            state=DeliveryState(text["state"]),
            attempts=int(text["attempts"]),
            created_at=instant(text["created_at"]),
            due_at=instant(text["due_at"]),
            over_at=instant(text["over_at"]) if "over_at" in text else None,
            reason=text.get("reason") or None,
            tries=tuple(Try.from_json(text[f"try:{number}"]) for number in numbers),
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One event. Its content is the job as it ended, or data that are sent as they are."""

    id: str
    type: str
    at: datetime
    job: Job | None
    data: JsonObject | None

    @classmethod
    def from_flat(cls, message_id: str, flat: Sequence[bytes]) -> Message:
        """Read what a script returns of a hash."""
        text = texts(flat)
        check_format(f"message {message_id}", text.get("format"))
        job = None
        if "record" in text:
            fields = [field.encode() for field in json.loads(text["record"])]
            job = Job.from_flat(text["subject"], fields)
        data = json.loads(text["data"]) if "data" in text else None
        return cls(message_id, text["type"], instant(text["at"]), job, data)


def new_secret() -> str:
    """A ``whsec_`` secret of Standard Webhooks."""
    return f"whsec_{b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def valid_secrets(secret: str, old: str | None, old_until: datetime | None) -> tuple[str, ...]:
    """The secret, and the one before it while that signs too."""
    if old is None or old_until is None or datetime.now(UTC) >= old_until:
        return (secret,)
    return (secret, old)


def texts(flat: Sequence[bytes]) -> Mapping[str, str]:
    """Fields and values in turn, as a mapping."""
    pairs = zip(flat[::2], flat[1::2], strict=True)
    return {name.decode(): value.decode() for name, value in pairs}


def instant(epoch_ms: str | int) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)
