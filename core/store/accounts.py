"""How much one tenant may have at one time, counted over all gateways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOCAL_TENANT: Final = "local"  # this machine, where no keys are asked for
UNLIMITED: Final = 2**53  # the largest integer that Lua keeps exactly


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """The bounds of each tenant's account; what is over them is refused with a QuotaError."""

    uploads: int = UNLIMITED  # under way
    bytes_in_flight: int = UNLIMITED  # of uploads that are under way, wait or are judged
    queued_jobs: int = UNLIMITED  # that wait


@dataclass(frozen=True, slots=True)
class Account:
    """What one tenant has now, in the terms of :class:`TenantLimits`."""

    uploads: int = 0
    bytes_in_flight: int = 0
    queued_jobs: int = 0
