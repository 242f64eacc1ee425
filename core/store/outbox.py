"""Messages on their way: written by the script that ends a job, taken by senders under a lease.

A try that nobody settles becomes due again when its lease ends, so a message is delivered at
least once. Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from redis import Redis

from core.errors import DeliveryNotFound, WebhookNotFound
from core.store.connection import store_errors
from core.store.doorbell import WEBHOOK_QUEUE
from core.store.ids import new_id
from core.store.keys import PREFIX, Key
from core.store.records import JsonObject
from core.store.scripts import Scripts
from core.store.webhook_records import (
    TEST_EVENT,
    Delivery,
    DeliveryState,
    Endpoint,
    Message,
    Signing,
    Try,
    instant,
)

LEASE_S: Final = 60.0  # well above what one try may take
_VERBS: Final = ("take", "settle", "test", "redeliver", "bells", "overdue")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may be under way at one time, counted over all senders."""

    of_a_receiver: int = 4
    of_a_tenant: int = 64
    tries: int = 10  # of one delivery


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery to be tried now, with all that it takes."""

    delivery: Delivery
    message: Message
    endpoint: Endpoint | None
    signing: Signing
    at: datetime  # when it was taken, by the clock of Redis as all that is told of it

    @property
    def url(self) -> str:
        """Where to send it: what the endpoint says now, not what it said at the event."""
        return self.delivery.url if self.endpoint is None else self.endpoint.url

    @property
    def secrets(self) -> tuple[str, ...]:
        """Those that sign it symmetrically."""
        return self.signing.secrets if self.endpoint is None else self.endpoint.secrets


class Outbox:
    """Deliveries by id."""

    def __init__(
        self,
        redis: Redis,
        bounds: Bounds | None = None,
        *,
        lease_s: float = LEASE_S,
        prefix: str = PREFIX,
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._bounds = bounds or Bounds()
        self._lease_ms = int(lease_s * 1000)
        self._prefix = prefix
        self._run = Scripts(redis, "webhook", _VERBS, prefix=prefix)

    def take(self, wanted: int) -> list[Parcel]:
        """Begin the next try of up to ``wanted`` deliveries that are due."""
        bounds = self._bounds
        limits = (bounds.of_a_receiver, bounds.of_a_tenant, bounds.tries)
        return [_parcel(*found) for found in self._run("take", wanted, self._lease_ms, *limits)]

    def settle(
        self,
        delivery: Delivery,
        state: DeliveryState,
        done: Try,
        *,
        again_in_s: float = 0.0,
        gone: str = "",
    ) -> bool:
        """Say how a try ended; False when it is stale, because its lease had ended.

        ``waiting`` makes the delivery due ``again_in_s`` from now. ``gone`` is the URL that wants
        no more: it disables its endpoint, unless that has another URL by now, which is tried.
        """
        arguments = (state, done.to_json(), int(again_in_s * 1000), gone)
        return bool(self._run("settle", delivery.id, delivery.attempts, *arguments))

    def test(self, endpoint_id: str, tenant: str, data: JsonObject) -> Delivery:
        """Send a message that tells of nothing; raises WebhookNotFound."""
        subject = new_id("test")
        arguments = (subject, TEST_EVENT, json.dumps(data))
        answer = self._run("test", endpoint_id, tenant, *arguments)
        if not answer:
            raise WebhookNotFound(endpoint_id)
        return Delivery.from_flat(answer[0].decode(), answer[1])

    def redeliver(self, delivery_id: str, endpoint_id: str, tenant: str) -> Delivery:
        """Send a message once more, as a delivery of its own; raises DeliveryNotFound."""
        answer = self._run("redeliver", delivery_id, endpoint_id, tenant)
        if not answer:
            raise DeliveryNotFound(delivery_id)
        return Delivery.from_flat(answer[0].decode(), answer[1])

    @store_errors()
    def deliveries(self, subject: str) -> list[Delivery]:
        """Those to an endpoint, or those about a job, the newest first."""
        key = Key.DELIVERIES.at(subject, prefix=self._prefix)
        ids: Sequence[bytes] = self._redis.zrevrange(key, 0, -1)
        found = []
        for delivery_id in ids:
            fields: dict[bytes, bytes] = self._redis.hgetall(
                Key.DELIVERY.at(delivery_id.decode(), prefix=self._prefix)
            )
            if fields:
                flat = [part for pair in fields.items() for part in pair]
                found.append(Delivery.from_flat(delivery_id.decode(), flat))
        return found

    def overdue_s(self) -> float:
        """For how long something has been due that no sender has looked at."""
        return float(self._run("overdue")) / 1000

    def wants_bell(self) -> bool:
        """Whether something is due and no sender has been told."""
        return bool(self._run("bells", WEBHOOK_QUEUE))


def _parcel(
    name: bytes,
    delivery: Sequence[bytes],
    message: Sequence[bytes],
    endpoint: Sequence[bytes],
    signing: Sequence[bytes],
    now_ms: int,
) -> Parcel:
    taken = Delivery.from_flat(name.decode(), delivery)
    return Parcel(
        delivery=taken,
        message=Message.from_flat(taken.message, message),
        endpoint=Endpoint.from_flat(taken.endpoint, endpoint) if taken.endpoint else None,
        signing=Signing.from_flat(signing),
        at=instant(now_ms),
    )
