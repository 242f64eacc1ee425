"""The pictures that show why a job got its verdict: frames and heat maps, for a while.

They lie in Redis beside the record, under a key and with a life of their own, and go with the job:
whatever ends it without a verdict, requeues or deletes it, deletes them in the same script. Their
bytes have an account and limits apart from those of uploads, so that they can never take the place
of a job.

Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from core.errors import EvidenceNotFound, StoreFull
from core.store.accounts import LOCAL_TENANT
from core.store.connection import store_errors
from core.store.keys import PREFIX, Key
from core.store.records import Job
from core.store.scripts import Scripts


@dataclass(frozen=True, slots=True)
class EvidenceLimits:
    """How long pictures live, and how many bytes of them there may be.

    ``tenant_share`` is the part of ``max_bytes`` that one tenant may have; where no keys are asked
    for there is one tenant, and it may have all.
    """

    ttl_s: float = 3600.0
    max_bytes: int = 256 * 1024**2
    tenant_share: float = 1.0

    def bytes_of(self, tenant: str) -> int:
        """The most that one tenant may have."""
        return int(self.max_bytes * (1.0 if tenant == LOCAL_TENANT else self.tenant_share))


class Pictures:
    """The pictures of one job, by the position of frame and face; None where one was not kept."""

    def __init__(self, stored: Mapping[bytes, bytes]) -> None:
        self._stored = stored

    def frame(self, n: int) -> bytes | None:
        """The JPEG of a frame."""
        return self._stored.get(frame_name(n).encode())

    def heatmap(self, n: int, i: int) -> bytes | None:
        """The PNG of a face."""
        return self._stored.get(heatmap_name(n, i).encode())


class EvidenceStore:
    """Pictures by job."""

    def __init__(
        self, redis: Redis, limits: EvidenceLimits | None = None, *, prefix: str = PREFIX
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self.limits = limits or EvidenceLimits()
        self._prefix = prefix
        self._run = Scripts(redis, "evidence", ("keep", "usage"), prefix=prefix)

    def keep(self, job: Job, pictures: Mapping[str, bytes]) -> datetime | None:
        """Keep pictures of an attempt that runs, by their names; when they will expire.

        None when the attempt is stale. Raises StoreFull when they do not fit; then none is kept.
        """
        outcome, *expiry = self._run(
            "keep",
            job.id,
            job.attempt,
            int(self.limits.ttl_s * 1000),
            self.limits.max_bytes,
            self.limits.bytes_of(job.tenant),
            *(part for pair in pictures.items() for part in pair),
        )
        if outcome == b"full":
            wanted = sum(map(len, pictures.values()))
            used, _ = self.usage(job.tenant)
            raise StoreFull(used=used, limit=self.limits.max_bytes, wanted=wanted)
        return datetime.fromtimestamp(int(expiry[0]) / 1000, UTC) if expiry else None

    @store_errors()
    def picture(self, job: Job, name: str) -> bytes:
        """One picture of a job; raises EvidenceNotFound."""
        data: bytes | None = None
        if job.evidence is not None:
            data = self._redis.hget(self._key(job), name)
        if data is None:
            raise EvidenceNotFound(job.id, name)
        return data

    @store_errors()
    def pictures(self, job: Job) -> Pictures:
        """All pictures of a job; raises EvidenceNotFound when there is none."""
        stored: dict[bytes, bytes] = {}
        if job.evidence is not None:
            stored = self._redis.hgetall(self._key(job))
        if not stored:
            raise EvidenceNotFound(job.id, "evidence")
        return Pictures(stored)

    def usage(self, tenant: str) -> tuple[int, int]:
        """Bytes of all pictures, and of one tenant's."""
        used, of_tenant = self._run("usage", tenant)
        return int(used), int(of_tenant)

    def _key(self, job: Job) -> str:
        return Key.EVIDENCE.at(job.id, prefix=self._prefix)


def frame_name(n: int) -> str:
    """Of the frame at position ``n`` of ``result.frames``."""
    return f"frame:{n}"


def heatmap_name(n: int, i: int) -> str:
    """Of the face at position ``i`` in that frame."""
    return f"heat:{n}:{i}"
