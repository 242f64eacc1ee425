"""A batch and its files, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from api.jobs.listed import PageLinks
from api.schemas import JobView
from core.result import Failure
from core.store.batches import Batch, BatchStatus, Item


class Counts(BaseModel):
    """Files by what they are at; each is counted once."""

    total: int
    queued: int
    processing: int
    succeeded: int
    failed: int = Field(description="Files that could not be judged, or got no job.")
    canceled: int
    deleted: int = Field(description="Files whose jobs were deleted by themselves.")
    expired: int = Field(description="Files whose jobs waited until they expired.")


class Verdicts(BaseModel):
    """Files that succeeded, by their verdict."""

    fake: int
    real: int
    inconclusive: int


class BatchLinks(BaseModel):
    """Where to go from here."""

    self: str
    results: str
    cancel: str


class BatchView(BaseModel):
    """One batch."""

    id: str
    status: BatchStatus = Field(
        description="`running` until every file has ended; `partially_failed` when some succeeded."
    )
    cancel_requested: bool
    counts: Counts
    verdicts: Verdicts | None = Field(description="Null for a key without the scope `read`.")
    tags: list[str]
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    links: BatchLinks

    @classmethod
    def of(cls, batch: Batch, root_path: str = "") -> Self:
        """What the tenant sees of a batch."""
        path = f"{root_path}/v1/batches/{batch.id}"
        return cls(
            id=batch.id,
            status=batch.status,
            cancel_requested=batch.cancel_requested,
            counts=Counts(total=sum(batch.counts.values()), **batch.counts),
            verdicts=Verdicts(**batch.verdicts),
            tags=list(batch.tags),
            created_at=batch.created_at,
            finished_at=batch.finished_at,
            expires_at=batch.expires_at,
            links=BatchLinks(self=path, results=f"{path}/results", cancel=f"{path}/cancel"),
        )

    def without_result(self) -> Self:
        """What a key may see that may only submit."""
        return self.model_copy(update={"verdicts": None})


class ItemView(BaseModel):
    """One file of a batch: a line of its results."""

    number: int = Field(description="In the order in which the files were sent, from 0.")
    name: str = Field(description="As it was sent, up to 255 characters.")
    job: JobView | None = Field(description="Null for a file without a job, or whose job is gone.")
    error: Failure | None = Field(description="Why no job was made for the file.")

    @classmethod
    def of(cls, item: Item, job: JobView | None) -> Self:
        """What the tenant sees of it."""
        error = None if item.error is None else Failure.model_validate(item.error)
        return cls(number=item.number, name=item.name, job=job, error=error)


class BatchPageView(BaseModel):
    """Batches of the caller's tenant, the newest first."""

    batches: list[BatchView]
    next_cursor: str | None = Field(description="For `cursor`; null at the end.")
    links: PageLinks
