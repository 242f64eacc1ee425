"""What the live workers say about themselves: one sorted set by the end of their heartbeats."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from redis import Redis

from core.options import Queue
from core.store.keys import PREFIX
from core.store.records import known_fields
from core.store.scripts import Scripts

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
    """One live worker; ``started_at`` is RFC 3339 in UTC.

    ``video_model`` judges videos; None where ``model`` judges those too.
    """

    worker_id: str
    host: str
    pid: int
    model: ModelIdentity
    concurrency: int
    started_at: str
    video_model: ModelIdentity | None = None
    queues: tuple[str, ...] = tuple(Queue)  # older versions did not tell which they serve

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        """Each model that the worker holds, once."""
        return (self.model,) if self.video_model is None else (self.model, self.video_model)

    def judge_of(self, kind: str) -> ModelIdentity:
        """The model that judges ``image`` or ``video``."""
        return self.models[-1] if kind == "video" else self.model


class WorkerRegistry:
    """The workers that said within HEARTBEAT_TTL_S that they live; calls raise StoreUnavailable.

    A heartbeat is taken also by a Redis at its maxmemory.
    """

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        self._run = Scripts(redis, "worker", ("beat", "leave", "count", "live"), prefix=prefix)

    def beat(self, heartbeat: Heartbeat) -> None:
        """Say that the worker lives; to be repeated well within HEARTBEAT_TTL_S."""
        text = json.dumps(asdict(heartbeat))
        self._run("beat", heartbeat.worker_id, text, int(HEARTBEAT_TTL_S * 1000))

    def leave(self, worker_id: str) -> None:
        """Say that the worker is gone, rather than letting its heartbeat run out."""
        self._run("leave", worker_id)

    def count(self) -> int:
        """How many workers live; costs the same however many there are."""
        return int(self._run("count"))

    def live(self) -> list[Heartbeat]:
        """Every live worker, by id."""
        beats = [parse_heartbeat(text) for text in self._run("live") if text is not None]
        return sorted(beats, key=lambda beat: beat.worker_id)


def parse_heartbeat(text: bytes) -> Heartbeat:
    """Read a heartbeat of any version: fields that this one does not know are left out."""
    fields = known_fields(Heartbeat, json.loads(text))
    for name in ("model", "video_model"):
        if (told := fields.get(name)) is not None:
            fields[name] = ModelIdentity(**known_fields(ModelIdentity, told))
    return Heartbeat(**{**fields, "queues": tuple(fields.get("queues", Queue))})
