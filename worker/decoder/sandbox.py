"""What the decoder child does to itself, before it touches a byte of an upload.

Each step either holds or is missing from the list that :func:`lock_down` returns; the
parent logs what is missing, so nobody believes in a protection that the kernel refused.

``RLIMIT_NPROC`` is not used: it counts every process and thread of the user, so a limit that
stops a fork bomb here would stop the next worker from starting. Forks are refused by seccomp,
and threads are bounded by the address space.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from worker.decoder import seccomp

MAX_OPEN_FILES = 64
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


class Protection(StrEnum):
    """A fence around the decoder."""

    MEMORY = "memory-limit"
    NO_FILE_WRITES = "no-file-writes"
    FEW_FILES = "few-open-files"
    NO_CORE_DUMP = "no-core-dump"
    NO_NEW_PRIVILEGES = "no-new-privileges"
    SYSTEM_CALLS = "no-files-network-or-programs"


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux only).

    Elsewhere the end of stdin has to do.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the call above
        os._exit(0)


def lock_down(memory_bytes: int) -> list[Protection]:
    """Give up everything that decoding from memory does not need; cannot be undone.

    ``memory_bytes`` is the address space allowed on top of what is mapped already, so the
    libraries' own mappings (OpenVINO: over 1 GB, most of it never touched) do not count.
    Returns the protections that hold.
    """
    steps: list[tuple[Protection, Callable[[], None]]] = [
        (Protection.MEMORY, lambda: _limit_memory(memory_bytes)),
        (Protection.NO_FILE_WRITES, lambda: _limit(resource.RLIMIT_FSIZE, 0)),
        (Protection.FEW_FILES, lambda: _limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)),
        (Protection.NO_CORE_DUMP, lambda: _limit(resource.RLIMIT_CORE, 0)),
        (Protection.NO_NEW_PRIVILEGES, lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1)),
        (Protection.SYSTEM_CALLS, seccomp.install),
    ]
    return [protection for protection, step in steps if _holds(protection, step)]


def allow_cpu(seconds: float) -> None:
    """Let the process burn this many more CPU seconds, then have it killed by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _holds(protection: Protection, step: Callable[[], None]) -> bool:
    try:
        step()
    except (OSError, ValueError) as error:
        print(f"sandbox: {protection} does not hold: {error}", file=sys.stderr)
        return False
    return True


def _mapped_bytes() -> int:
    statm = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(statm.split()[0]) * resource.getpagesize()


def _limit_memory(memory_bytes: int) -> None:
    _limit(resource.RLIMIT_AS, _mapped_bytes() + memory_bytes)


def _limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        raise OSError(f"{sys.platform} has no prctl")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
