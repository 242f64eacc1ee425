"""What tenants say of verdicts: labels for a calibration, kept apart from jobs and their evidence.

Feedback holds the hash of a file and no byte of it, unless its tenant asks for the frames to be
kept with it, while there still are any. It outlives its job, and ends by its own life or when it is
withdrawn.

Every method raises StoreUnavailable when Redis is away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from redis import Redis

from core.errors import JobNotFinished, JobNotFound, TooMuchFeedback
from core.result import Label
from core.store.connection import store_errors
from core.store.evidence import EvidenceLimits
from core.store.keys import PREFIX, Key
from core.store.records import Job, JsonObject
from core.store.scripts import Scripts

_PAGE: Final = 200  # entries that are read at one time


@dataclass(frozen=True, slots=True)
class FeedbackLimits:
    """How long feedback lives, and how many jobs of one tenant may have some."""

    ttl_s: float = 90 * 24 * 3600.0
    most: int = 10_000


class FeedbackStore:
    """Feedback by job. ``pictures`` bounds the frames that are kept with it, with evidence."""

    def __init__(
        self,
        redis: Redis,
        limits: FeedbackLimits | None = None,
        pictures: EvidenceLimits | None = None,
        *,
        prefix: str = PREFIX,
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._limits = limits or FeedbackLimits()
        self._pictures = pictures or EvidenceLimits()
        self._prefix = prefix
        self._run = Scripts(redis, "feedback", ("give", "withdraw"), prefix=prefix)

    def give(self, job: Job, label: Label, comment: str | None, *, media: bool = False) -> int:
        """Say what a file really is, instead of what was said of it before.

        Returns how many frames are kept with it: with ``media`` those of the evidence, where it
        is still there and fits. Raises JobNotFinished, JobNotFound where the job was deleted
        meanwhile, and TooMuchFeedback.
        """
        if not job.status.terminal:
            raise JobNotFinished(job.id, job.status)
        outcome, *number = self._run(
            "give",
            job.id,
            job.tenant,
            json.dumps(_entry(job, label, comment)),
            int(self._limits.ttl_s * 1000),
            self._limits.most,
            int(media),
            self._pictures.max_bytes,
            self._pictures.bytes_of(job.tenant),
        )
        if outcome == b"missing":
            raise JobNotFound(job.id)
        if outcome == b"full":
            raise TooMuchFeedback(used=int(number[0]), limit=self._limits.most)
        return int(number[0])

    def withdraw(self, job_id: str, tenant: str) -> None:
        """Forget what was said of a job, also of one that is gone; raises JobNotFound."""
        if not self._run("withdraw", job_id, tenant):
            raise JobNotFound(job_id)

    def entries(self, tenant: str) -> Iterator[list[JsonObject]]:
        """All feedback of a tenant, the oldest first, a page at a time."""
        with store_errors():
            ids = self._redis.zrange(self._key(Key.FEEDBACK_JOBS, tenant), 0, -1)
        for start in range(0, len(ids), _PAGE):
            names = [self._key(Key.FEEDBACK, id_.decode()) for id_ in ids[start : start + _PAGE]]
            with store_errors():
                texts = self._redis.mget(names)
            yield [json.loads(text) for text in texts if text is not None]

    @store_errors()
    def frames(self, job_id: str) -> dict[int, bytes]:
        """The JPEGs that are kept with the feedback on a job, by their position."""
        stored = self._redis.hgetall(self._key(Key.FEEDBACK_PICTURES, job_id))
        return {int(name.partition(b":")[2]): data for name, data in sorted(stored.items())}

    def _key(self, family: Key, name: str) -> str:
        return family.at(name, prefix=self._prefix)


def _entry(job: Job, label: Label, comment: str | None) -> JsonObject:
    result = job.result or {}
    return {
        "job": job.id,
        "sha256": job.media.sha256,
        "kind": job.media.kind,
        "label": label.value,
        "comment": comment,
        "status": job.status.value,
        "verdict": result.get("verdict"),
        "fake_probability": result.get("fake_probability"),
        "logit": result.get("logit"),
        "model": result.get("model"),
        "judged_at": None if job.finished_at is None else job.finished_at.isoformat(),
    }
