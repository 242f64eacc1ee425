"""The system calls that the decoder child may make; all others are refused.

Those marked "recorded" are what decoding a file of every kind made on x86_64 with glibc 2.36
(``python -m tests.worker.decoder.record_calls``). The others are close kin that newer C
libraries, other schedulers or Python itself use in their place, and that reach nothing outside
the process. ``docs/decisions/0023-allow-list-and-landlock.md`` tells how to extend the list.

Numbers are those of Linux: ``asm/unistd_64.h`` and ``asm-generic/unistd.h``. The column of
aarch64 is copied from there and was never run.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Check(Enum):
    """What the arguments of a call have to be, where not every use of it is harmless."""

    OWN_PROCESS = "the first argument is the process itself"
    OWN_CPU_LIMIT = "limits of the process itself are read, or that of processor time is set"
    NEW_THREAD = "the new task is a thread of this process, in the same namespaces"
    NOT_EXECUTABLE = "the memory is not made executable"
    READ_FLAGS = "the flags of a file descriptor are read"
    NAME_THREAD = "a thread or a mapping is named"
    TIGHTEN = "one more filter is added, which can only refuse more"


@dataclass(frozen=True, slots=True)
class Call:
    """A call's numbers on x86_64 and aarch64; None where the architecture lacks it."""

    x86_64: int | None
    aarch64: int | None
    check: Check | None = None


ALLOWED: Final[dict[str, Call]] = {
    # The pipes: recorded read and write.
    "read": Call(0, 63),
    "readv": Call(19, 65),
    "write": Call(1, 64),
    "writev": Call(20, 66),
    "close": Call(3, 57),
    "fstat": Call(5, 80),
    "lseek": Call(8, 62),
    "poll": Call(7, None),
    "ppoll": Call(271, 73),
    "fcntl": Call(72, 25, Check.READ_FLAGS),
    # Memory: recorded brk, mmap, munmap, mprotect, madvise and mbind (OpenVINO, refused is fine).
    "brk": Call(12, 214),
    "mmap": Call(9, 222, Check.NOT_EXECUTABLE),
    "munmap": Call(11, 215),
    "mremap": Call(25, 216),
    "mprotect": Call(10, 226, Check.NOT_EXECUTABLE),
    "madvise": Call(28, 233),
    # Threads: recorded clone, exit, futex, rseq, set_robust_list, rt_sigprocmask, prctl,
    # sched_yield and sched_getaffinity.
    "clone": Call(56, 220, Check.NEW_THREAD),
    "exit": Call(60, 93),
    "exit_group": Call(231, 94),
    "futex": Call(202, 98),
    "futex_waitv": Call(449, 449),
    "futex_wake": Call(454, 454),
    "futex_wait": Call(455, 455),
    "futex_requeue": Call(456, 456),
    "rseq": Call(334, 293),
    "membarrier": Call(324, 283),
    "set_robust_list": Call(273, 99),
    "set_tid_address": Call(218, 96),
    "prctl": Call(157, 167, Check.NAME_THREAD),
    "sched_yield": Call(24, 124),
    "sched_getaffinity": Call(204, 123),
    "getcpu": Call(309, 168),
    "sysinfo": Call(99, 179),
    "uname": Call(63, 160),
    "getpid": Call(39, 172),
    "gettid": Call(186, 178),
    # Signals to itself: abort() raises one, and Python's handlers return from one.
    "rt_sigaction": Call(13, 134),
    "rt_sigprocmask": Call(14, 135),
    "rt_sigreturn": Call(15, 139),
    "sigaltstack": Call(131, 132),
    "tgkill": Call(234, 131, Check.OWN_PROCESS),
    "kill": Call(62, 129, Check.OWN_PROCESS),
    # Clocks and limits: recorded getrusage and prlimit64; clocks are read without a call unless
    # the machine's are unstable.
    "clock_gettime": Call(228, 113),
    "clock_getres": Call(229, 114),
    "clock_nanosleep": Call(230, 115),
    "nanosleep": Call(35, 101),
    "gettimeofday": Call(96, 169),
    "time": Call(201, None),
    "restart_syscall": Call(219, 128),
    "getrusage": Call(98, 165),
    "prlimit64": Call(302, 261, Check.OWN_CPU_LIMIT),
    "getrandom": Call(318, 278),
    # The second filter, once no more machine code is written.
    "seccomp": Call(317, 277, Check.TIGHTEN),
}
CLONE3 = Call(435, 435)  # its flags lie in memory, where a filter cannot read them
