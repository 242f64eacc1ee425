"""What may be in Redis once all jobs have ended and all short lives are over, and what may not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from redis import Redis

from core.options import Queue
from core.store.doorbell import WEBHOOK_QUEUE
from core.store.keys import PREFIX, Key

# Records and logs, which live on, each for a time of its own.
LIVE_ON: Final = frozenset({
    Key.JOB, Key.TOMBSTONE, Key.JOBS, Key.IDEMPOTENCY, Key.ANSWERS, Key.CRASHES, Key.MESSAGE,
    Key.DELIVERY, Key.DELIVERIES, Key.EVENTS, Key.WATCHED, Key.BATCH, Key.BATCH_ITEMS, Key.BATCHES,
    Key.LOOKED_AT,
})  # fmt: skip
# What does not grow with the number of jobs.
LASTING: Final = frozenset({
    Key.PLACES, Key.TAGS, Key.VIRTUAL_TIME, Key.SERVICE_TIMES, Key.WEBHOOK, Key.WEBHOOKS,
    Key.SIGNING, Key.WORKERS, Key.HEARTBEATS, Key.AUDIT, Key.BYTES, Key.EVIDENCE_BYTES,
    Key.API_KEY, Key.API_KEY_HASH, Key.API_KEYS,
})  # fmt: skip
ZERO: Final = (Key.BYTES, Key.EVIDENCE_BYTES)
BROKER: Final = ("_kombu.binding", "unacked", *Queue, WEBHOOK_QUEUE)


def leftovers(redis: Redis, accepted: Collection[str]) -> list[str]:
    """What is left in Redis that should not be.

    ``accepted`` are the ids of the jobs and batches that are to be there.
    """
    client: Any = redis
    wrong = [
        fault
        for name in sorted(key.decode() for key in client.scan_iter(count=1000))
        if (fault := _wrong_with(client, name))
    ]
    held = {key.at(): int(client.get(key.at()) or 0) for key in ZERO}
    wrong += [f"{name} is {n}, and nothing is held any more" for name, n in held.items() if n]
    there = {
        key.decode().rpartition(":")[2]
        for family in (Key.JOB, Key.BATCH)
        for key in client.scan_iter(f"{family.at()}*")
    }
    wrong += [f"{job} is there, and no client knows it" for job in sorted(there - set(accepted))]
    wrong += [f"{job} was accepted and is not there" for job in sorted(set(accepted) - there)]
    return wrong


def _wrong_with(redis: Any, name: str) -> str | None:
    if not name.startswith(PREFIX):
        return None if name.startswith(BROKER) else f"{name} belongs to nobody"
    family = family_of(name)
    if family is None:
        return f"{name} is in no row of core/store/keys.py"
    if family in LASTING:
        return None
    if family not in LIVE_ON:
        return f"{name} is left over"
    return f"{name} never expires" if redis.ttl(name) == -1 else None


def family_of(name: str) -> Key | None:
    """The row of :mod:`core.store.keys` that a key belongs to."""
    rest = name.removeprefix(PREFIX)
    for key in Key:
        if rest == key or (key.endswith(":") and rest.startswith(key)):
            return key
    return None
