"""How many CPU cores this process may use: the one place that counts them."""

from __future__ import annotations

import math
import os

from core.cgroups import Group, groups_of


def usable_cores() -> int:
    """Cores that the affinity mask and the CPU quota of this process leave it, at least 1.

    A container that may use 1.5 cores has 2: with one thread it could not use up its quota.
    """
    allowed = _allowed()
    return min(allowed, quota_cores() or allowed)


def quota_cores() -> int | None:
    """Cores that a CPU quota leaves; None where no quota lies below the affinity mask.

    TensorFlow and OpenVINO heed the mask and not the quota. They start a thread a core, and
    under a quota the kernel stops all of them for the rest of each period; so they have to be
    told.
    """
    quotas = [quota for group in groups_of("cpu") if (quota := _quota(group)) is not None]
    limits = [quota for quota in quotas if quota < _allowed()]
    return max(1, math.ceil(min(limits))) if limits else None


def _allowed() -> int:
    """Cores in the affinity mask, or those of the machine where there is no such mask."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota(group: Group) -> float | None:
    """Cores that one group may use; None where it has no quota."""
    if group.version == 2:  # ``QUOTA PERIOD`` in microseconds, or ``max PERIOD``
        quota, _, period = group.read("cpu.max").partition(" ")
    else:  # the quota is -1 where there is none
        quota, period = group.read("cpu.cfs_quota_us"), group.read("cpu.cfs_period_us")
    if not (quota.isdigit() and period.isdigit()) or int(period) == 0:
        return None
    return int(quota) / int(period)
