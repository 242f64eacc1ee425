"""A tenant's jobs page by page, the newest first, without their results' frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from redis import Redis

from core.result import Label
from core.store.keys import PREFIX
from core.store.records import Job, JobStatus
from core.store.scripts import Scripts

LOOKS: Final = 1000  # records that one page looks at, however few of them it shows; about 5 ms
# All that a list shows of a record: not its result, whose frames may take 100 kB.
_FIELDS: Final = (
    "tenant", "queue", "status", "attempt", "revision", "media", "options", "tags", "created_at",
    "started_at", "finished_at", "expires_at", "cancel_requested", "summary", "error",
    "media_info", "media_deleted_at", "evidence", "answered_by", "format",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What the jobs of a list have in common; None for anything. Times are exclusive."""

    status: JobStatus | None = None
    verdict: Label | None = None
    tag: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some jobs, and the place in the list where the next page begins; None at the end."""

    jobs: Sequence[Job]
    next: int | None


class JobLists:
    """Every call raises StoreUnavailable when Redis is away."""

    def __init__(self, redis: Redis, *, prefix: str = PREFIX) -> None:
        self._run = Scripts(redis, "job", ("list",), prefix=prefix)

    def page(
        self, tenant: str, wanted: JobFilter, *, after: int | None = None, limit: int = 20
    ) -> Page:
        """Jobs that were created before the one at ``after``, the place that the last page told.

        A job keeps its place, so that what is created or deleted between two pages makes
        neither repeat or leave out another job. A page looks at LOOKS records at most: where
        few of them are wanted it is short or empty, and the next one goes on from there.
        """
        start, stop = _bounds(wanted, after)
        place, found = self._run(
            "list",
            tenant,
            start,
            stop,
            limit,
            LOOKS,
            wanted.status or "",
            wanted.verdict or "",
            wanted.tag or "",
            *_FIELDS,
        )
        jobs = [_job(job_id, values) for job_id, values in found]
        return Page(jobs, int(place.removeprefix(b"(")) if place else None)


def _bounds(wanted: JobFilter, after: int | None) -> tuple[str, str]:
    """Places are microseconds, and times of creation are told in whole milliseconds."""
    start, stop = "+inf", "-inf"
    if wanted.created_before is not None:
        start = f"({-(-_microseconds(wanted.created_before) // 1000) * 1000}"
    if after is not None and (start == "+inf" or after < int(start[1:])):
        start = f"({after}"
    if wanted.created_after is not None:
        stop = str((_microseconds(wanted.created_after) // 1000 + 1) * 1000)
    return start, stop


def _microseconds(instant: datetime) -> int:
    return round(instant.timestamp() * 1_000_000)


def _job(job_id: bytes, values: Sequence[bytes | None]) -> Job:
    fields = {
        name.encode(): value
        for name, value in zip(_FIELDS, values, strict=True)
        if value is not None
    }
    return Job.from_fields(job_id.decode(), fields)
