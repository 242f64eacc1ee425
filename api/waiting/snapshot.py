"""A job as a client sees it at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from core.store import forecast
from core.store.load import Load
from core.store.records import Job

MAX_RETRY_AFTER_S: Final = 30


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job, its position in its queue (1 is next), and what is expected of it."""

    job: Job
    queue_position: int | None
    jobs_ahead: int | None = None
    eta_s: float | None = None

    @classmethod
    def expected(cls, job: Job, position: int | None, load: Load | None) -> Self:
        """A job with what the load lets expect; without a load nothing is expected."""
        if load is None or job.status.terminal:
            return cls(job, position)
        ahead = forecast.jobs_ahead(load, job, position)
        eta_s = forecast.eta_s(load, job, position)
        return cls(job, position, ahead, None if eta_s is None else round(eta_s, 1))

    @property
    def token(self) -> str:
        """Changes whenever anything that the client sees does; the id of an event."""
        return f"{self.job.revision}.{self.queue_position or 0}"

    @property
    def etag(self) -> str:
        """The token, as HTTP writes it; it changes too when evidence expires."""
        kept = ".e" if self.job.evidence is not None else ""
        return f'"{self.token}{kept}"'

    @property
    def retry_after_s(self) -> int | None:
        """A second for every job ahead, 30 at most; None once the job has ended."""
        if self.job.status.terminal:
            return None
        return min(self.queue_position or 1, MAX_RETRY_AFTER_S)

    def follows(self, other: Snapshot) -> bool:
        """Whether this tells something new to a client that has seen ``other``."""
        return self.job.revision >= other.job.revision and self.token != other.token
