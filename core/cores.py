"""How many CPU cores this process may use: the one place that counts them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_CGROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")


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
    limits = [limit for limit in _quotas(_CGROUPS, _MEMBERSHIP) if limit < _allowed()]
    return max(1, math.ceil(min(limits))) if limits else None


def _allowed() -> int:
    """Cores in the affinity mask, or those of the machine where there is no such mask."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(root: Path, membership: Path) -> Iterator[float]:
    """Quotas of this process's control group and of every group above it, in cores.

    ``membership`` has lines ``hierarchy:controllers:path`` (cgroups(7)). Version 2 has one
    hierarchy without controllers and a file ``cpu.max``; version 1 has one for ``cpu`` and two
    files. Inside a container the path often names a folder that only the host sees: then the
    root of the mount is the container's own group, and it is read in any case.
    """
    for line in (_read(membership) or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            mount, read = root, _quota_v2
        elif "cpu" in controllers.split(","):
            mount, read = root / controllers, _quota_v1
        else:
            continue
        relative = PurePosixPath(path.lstrip("/"))
        for group in (relative, *relative.parents):
            if (quota := read(mount / group)) is not None:
                yield quota


def _quota_v2(group: Path) -> float | None:
    """``cpu.max`` holds ``QUOTA PERIOD`` in microseconds, or ``max PERIOD``."""
    quota, _, period = (_read(group / "cpu.max") or "").partition(" ")
    return _ratio(quota, period)


def _quota_v1(group: Path) -> float | None:
    """The quota is -1 where there is none."""
    quota, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
    return _ratio(quota or "", period or "")


def _ratio(quota: str, period: str) -> float | None:
    if not (quota.strip().isdigit() and period.strip().isdigit()) or int(period) == 0:
        return None
    return int(quota) / int(period)


def _read(file: Path) -> str | None:
    """None where there is no such file, or a sandbox that does not let it be opened."""
    try:
        return file.read_text("ascii")
    except (OSError, ValueError):
        return None
