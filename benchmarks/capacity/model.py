"""Closed forms: cores, bytes and money for so many jobs, and where one Redis ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.capacity.times import RedisTimes

GIB: Final = 1024**3
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Capacity:
    """What was measured: ``jobs_per_core_s`` with all of the service on the cores counted."""

    jobs_per_core_s: float
    waiting_bytes: float  # of Redis for a job that waits, without its upload
    ended_bytes: float  # and for one that has ended, until it expires
    times: RedisTimes

    @property
    def core_hours_per_million(self) -> float:
        return MILLION / self.jobs_per_core_s / 3600

    def price_per_million(self, per_core_hour: float) -> float:
        """In the currency of ``per_core_hour``; processors alone."""
        return self.core_hours_per_million * per_core_hour

    def redis_jobs_per_s(
        self, *, workers: int, gateways: int, mib: float = 0.0, service_s: float = 0.0
    ) -> float:
        """Jobs a second at which one Redis is busy all the time; 0 if the workers alone do it."""
        left = max(0.0, 1 - self.times.idle_s(workers))
        return left / self.times.job_s(gateways=gateways, mib=mib, service_s=service_s)

    def memory_bytes(
        self, *, waiting: int, upload_bytes: float, jobs_per_s: float, kept_s: float
    ) -> float:
        """Bytes of Redis: jobs that wait with their uploads, and ended ones until they expire."""
        return waiting * (self.waiting_bytes + upload_bytes) + self.ended_bytes * (
            jobs_per_s * kept_s
        )
