"""A job in a list: what `JobView` shows, without frames."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from api.schemas import Media, media_of
from core.options import Queue
from core.result import Failure, Label, Model, Probability
from core.store.records import Job, JobStatus


class Finding(BaseModel):
    """The result in short; the whole of it is where `links.self` leads."""

    model_config = ConfigDict(extra="ignore")

    verdict: Label
    reasons: list[str]
    fake_probability: Probability | None
    confidence: Probability | None
    model: Model


class ItemLinks(BaseModel):
    """Where the whole job is."""

    self: str


class ListedJob(BaseModel):
    """One job in a list."""

    id: str
    status: JobStatus
    queue: Queue
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    tags: list[str]
    cached: bool
    media: Media
    result: Finding | None = Field(description="The result without its frames.")
    error: Failure | None
    links: ItemLinks

    @classmethod
    def of(cls, job: Job, root_path: str = "") -> Self:
        """What the tenant sees of a job."""
        return cls(
            id=job.id,
            status=job.status,
            queue=job.queue,
            cancel_requested=job.cancel_requested,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            expires_at=job.expires_at,
            tags=list(job.tags),
            cached=job.answered_by is not None,
            media=media_of(job),
            result=Finding.model_validate(job.summary) if job.summary is not None else None,
            error=Failure.model_validate(job.error) if job.error is not None else None,
            links=ItemLinks(self=f"{root_path}/v1/jobs/{job.id}"),
        )


class PageLinks(BaseModel):
    """Where the next page is, with the same filter."""

    next: str | None


class JobPage(BaseModel):
    """Jobs of the caller's tenant, the newest first."""

    jobs: list[ListedJob]
    next_cursor: str | None = Field(
        description="For `cursor`; null at the end. With a filter a page may be short, or empty, "
        "and still have a next one."
    )
    links: PageLinks
