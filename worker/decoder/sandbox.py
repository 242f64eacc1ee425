"""What the decoder child does to itself, before it touches a byte of an upload.

It gives things up twice: :func:`renounce` before it has a second thread, because capabilities
and Landlock domains belong to a thread and are handed on to those that it starts; and
:func:`lock_down` when all is loaded. Each step either holds or is missing from the lists that
they return; the parent logs what is missing, so nobody believes in a protection that the kernel
refused.

Threads are bounded by the parent, which counts them (:mod:`worker.decoder.child`): the limit of
the kernel, ``RLIMIT_NPROC``, counts those of all processes of the user, and not those of root.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

from worker.decoder import landlock, seccomp

MAX_OPEN_FILES = 64
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_WILLING_TO_BE_KILLED = "1000"


class Protection(StrEnum):
    """A fence around the decoder."""

    FIRST_OUT_OF_MEMORY = "killed-first-when-memory-ends"
    NO_NEW_PRIVILEGES = "no-new-privileges"
    NO_CAPABILITIES = "no-capabilities"
    MEMORY = "memory-limit"
    NO_FILE_WRITES = "no-file-writes"
    FEW_FILES = "few-open-files"
    NO_CORE_DUMP = "no-core-dump"
    LANDLOCK_WRITES = "landlock-writes"
    LANDLOCK_READS = "landlock-reads"
    LANDLOCK_NETWORK = "landlock-network"
    LANDLOCK_SIGNALS = "landlock-signals"
    SYSTEM_CALLS = "listed-system-calls-only"


# Kernels learnt these one by one, and seccomp refuses the same: where one is missing, the
# sandbox is as strong as its first fence.
SECOND_FENCE = frozenset(fence for fence in Protection if fence.name.startswith("LANDLOCK"))
_Steps = Sequence[tuple[Protection, Callable[[], None]]]


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux only).

    Elsewhere the end of stdin has to do.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the call above
        os._exit(0)


def ignore_stops() -> None:
    """Leave the signals that stop a worker to the worker, which ends this process when it is done.

    A supervisor may send them to every process of a service. Ended by them, this one would take the
    job along that the worker lets finish or gives back.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def renounce() -> list[Protection]:
    """Give up what loading the libraries does not need either; no thread may have started.

    Returns the protections that hold.
    """
    return _holding(
        [
            (Protection.FIRST_OUT_OF_MEMORY, _be_killed_first),
            (Protection.NO_NEW_PRIVILEGES, lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1)),
            (Protection.NO_CAPABILITIES, _drop_capabilities),
            (Protection.LANDLOCK_WRITES, lambda: landlock.refuse_files(loading=True)),
            (Protection.LANDLOCK_NETWORK, landlock.refuse_network),
            (Protection.LANDLOCK_SIGNALS, landlock.refuse_signals),
        ]
    )


def lock_down(memory_bytes: int) -> list[Protection]:
    """Give up everything that decoding from memory does not need; cannot be undone.

    ``memory_bytes`` is the address space allowed on top of what is mapped already, so the
    libraries' own mappings (OpenVINO: over 1 GB, most of it never touched) do not count.
    Returns the protections that hold.
    """
    return _holding(
        [
            (Protection.MEMORY, lambda: _limit_memory(memory_bytes)),
            (Protection.NO_FILE_WRITES, lambda: _limit(resource.RLIMIT_FSIZE, 0)),
            (Protection.FEW_FILES, lambda: _limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)),
            (Protection.NO_CORE_DUMP, lambda: _limit(resource.RLIMIT_CORE, 0)),
            (Protection.LANDLOCK_READS, lambda: landlock.refuse_files(loading=False)),
            (Protection.SYSTEM_CALLS, seccomp.allow_listed_calls),
        ]
    )


def refuse_machine_code() -> None:
    """No memory is made executable from now on: OpenVINO has written all of its machine code.

    Where :data:`Protection.SYSTEM_CALLS` does not hold, this does not either.
    """
    _holds(Protection.SYSTEM_CALLS, seccomp.refuse_machine_code)


def allow_cpu(seconds: float) -> None:
    """Let the process burn this many more CPU seconds, then have it killed by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(used.ru_utime + used.ru_stime + seconds)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _holding(steps: _Steps) -> list[Protection]:
    return [protection for protection, step in steps if _holds(protection, step)]


def _holds(protection: Protection, step: Callable[[], None]) -> bool:
    try:
        step()
    except (OSError, ValueError) as error:
        print(f"sandbox: {protection} does not hold: {error}", file=sys.stderr)
        return False
    return True


def _be_killed_first() -> None:
    """When memory ends, the kernel takes this process and not the worker with its other jobs."""
    Path("/proc/self/oom_score_adj").write_text(_MOST_WILLING_TO_BE_KILLED, encoding="ascii")


def _drop_capabilities() -> None:
    """Of a worker that runs as root: without them root is a user who owns some files."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _check(_libc().capset(header, (ctypes.c_uint32 * 6)()), "capset")


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
    _check(_libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise OSError(f"{sys.platform} has no such protection")
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, call: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
