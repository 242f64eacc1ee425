"""A batch at a service, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from deepfake_client.job import Job, read
from deepfake_client.result import Failure


class Batch(BaseModel):
    """How many of its files are where, and what was found; ``document`` is the whole answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    status: str
    counts: Mapping[str, int]
    verdicts: Mapping[str, int] | None = None
    tags: list[str] = Field(default_factory=list)
    document: Mapping[str, Any] = Field(repr=False)

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read an answer; raises :class:`ApiError` when it is no batch."""
        return read(cls, document, "batch")

    @property
    def done(self) -> bool:
        """True when every file has ended."""
        return self.status != "running"


class BatchItem(BaseModel):
    """One file of a batch: its ``job``, or the ``error`` for which it got none.

    Both are None when the job was deleted or has expired.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    number: int
    name: str
    job: Job | None = None
    error: Failure | None = None

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read a line of the results."""
        job = document.get("job")
        found = None if job is None else Job.from_json(job)
        return cls.model_validate({**document, "job": found})
