"""What this machine has: instructions, memory, GPUs."""

from __future__ import annotations

import os
from pathlib import Path

from core.cgroups import groups_of

# What OpenVINO's CPU plugin gains from, the oldest first.
FAST_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")


def cpu_features(cpuinfo: str | None = None) -> list[str]:
    """Those of :data:`FAST_INSTRUCTIONS` that the CPU has; empty where nothing tells."""
    text = _read("/proc/cpuinfo") if cpuinfo is None else cpuinfo
    flags = next((line for line in (text or "").splitlines() if line.startswith("flags")), "")
    there = set(flags.partition(":")[2].split())
    return [name for name in FAST_INSTRUCTIONS if name in there]


def memory_bytes() -> int | None:
    """Memory that this process may use: the machine's, or the limit of a control group."""
    total = _field(_read("/proc/meminfo"), "MemTotal")
    files = {1: "memory.limit_in_bytes", 2: "memory.max"}
    limits = [group.read(files[group.version]) for group in groups_of("memory")]
    known = [int(limit) for limit in limits if limit.isdigit()]  # "max" is none
    return min([*known, *([] if total is None else [total])], default=None)


def free_memory_bytes() -> int | None:
    """Memory that can be taken without swapping."""
    return _field(_read("/proc/meminfo"), "MemAvailable")


def gpu_uuids() -> list[str]:
    """The NVIDIA GPUs that a process started now would be allowed to use."""
    from worker import gpu

    return gpu.gpu_uuids(os.environ.get("CUDA_VISIBLE_DEVICES"))


def _field(meminfo: str | None, name: str) -> int | None:
    for line in (meminfo or "").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return None
