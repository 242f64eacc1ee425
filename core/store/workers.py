"""What a live worker says about itself, in a Redis key that dies with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from redis import Redis

from core.store.connection import store_errors

HEARTBEAT_TTL_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """The model that a worker holds; ``sha256`` is that of its bundle."""

    name: str
    version: str
    sha256: str
    runtime: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One live worker; ``started_at`` is RFC 3339 in UTC."""

    worker_id: str
    host: str
    pid: int
    model: ModelIdentity
    concurrency: int
    started_at: str


@store_errors()
def beat(redis: Redis, heartbeat: Heartbeat, *, prefix: str = "df:") -> None:
    """Say that the worker lives; to be repeated well within HEARTBEAT_TTL_S."""
    key = f"{prefix}worker:{heartbeat.worker_id}"
    redis.set(key, json.dumps(asdict(heartbeat)), px=int(HEARTBEAT_TTL_S * 1000))


@store_errors()
def stop_beating(redis: Redis, worker_id: str, *, prefix: str = "df:") -> None:
    """Say that the worker is gone, rather than letting the key run out."""
    redis.delete(f"{prefix}worker:{worker_id}")


@store_errors()
def live_workers(redis: Redis, *, prefix: str = "df:") -> list[Heartbeat]:
    """Every worker that said within HEARTBEAT_TTL_S that it lives, by id."""
    keys = list(redis.scan_iter(f"{prefix}worker:*", count=500))
    values = redis.mget(keys) if keys else []
    return sorted((_parse(value) for value in values if value), key=lambda beat: beat.worker_id)


def _parse(value: str | bytes) -> Heartbeat:
    fields = json.loads(value)
    return Heartbeat(**{**fields, "model": ModelIdentity(**fields["model"])})
