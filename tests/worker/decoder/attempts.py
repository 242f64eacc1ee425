"""What a hijacked decoder might try: ``python -m tests.worker.decoder.attempts``.

Locks itself down as the child does, tries everything, and prints a JSON object: the name of
each attempt and the errno it met, 0 where it worked. Raw calls get -1 for every argument, which
the kernel would refuse in another way (EFAULT, EBADF, EINVAL) if the filter let it through.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import mmap
import os
import platform
import resource
import signal
import sys
import threading
from collections.abc import Callable

from tests.worker.decoder.refused_calls import CALLS
from worker.decoder import sandbox
from worker.decoder.system_calls import ALLOWED, CLONE3, Call

COLUMN = 0 if platform.machine() == "x86_64" else 1
THREAD_FLAGS = 0x3D0F00
LIBC = ctypes.CDLL(None, use_errno=True)
PAGE = mmap.mmap(-1, mmap.PAGESIZE)
ADDRESS = ctypes.addressof(ctypes.c_char.from_buffer(PAGE))


def call(number: int, *arguments: int) -> int:
    padded = (*arguments, *[0] * (6 - len(arguments)))
    ctypes.set_errno(0)
    result = LIBC.syscall(ctypes.c_long(number), *(ctypes.c_ulong(word) for word in padded))
    if result == 0 and number in FORKS:
        os._exit(0)  # the copy of this process that a broken filter would have let through
    return 0 if result >= 0 else ctypes.get_errno()


def number(entry: Call) -> int:
    found = (entry.x86_64, entry.aarch64)[COLUMN]
    return -1 if found is None else found


FORKS = {CALLS["processes"][name][COLUMN] for name in ("fork", "vfork")} | {
    number(ALLOWED["clone"]),
    number(CLONE3),
}


def allowed(name: str, *arguments: int) -> Callable[[], int]:
    return lambda: call(number(ALLOWED[name]), *arguments)


def tried(action: Callable[[], object]) -> int:
    try:
        action()
    except OSError as error:
        return error.errno or -1
    return 0


PARENT = os.getppid()
REFUSED: dict[str, Callable[[], int]] = {
    "fcntl F_SETOWN": lambda: tried(lambda: fcntl.fcntl(0, fcntl.F_SETOWN, PARENT)),
    "fcntl F_SETSIG": lambda: tried(lambda: fcntl.fcntl(0, 10, signal.SIGKILL)),
    "fcntl F_SETOWN_EX": allowed("fcntl", 0, 15, ADDRESS),
    "fcntl F_SETFL O_ASYNC": lambda: tried(lambda: fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC)),
    "fcntl F_SETLEASE": lambda: tried(lambda: fcntl.fcntl(0, fcntl.F_SETLEASE, 0)),
    "fcntl F_NOTIFY": lambda: tried(lambda: fcntl.fcntl(0, fcntl.F_NOTIFY, 0)),
    "fcntl F_SETPIPE_SZ": lambda: tried(lambda: fcntl.fcntl(1, 1031, 1 << 20)),
    "fcntl F_ADD_SEALS": allowed("fcntl", 0, 1033, 0),
    "kill the parent": allowed("kill", PARENT, 0),
    "kill the group": allowed("kill", 0, 0),
    "kill everybody": allowed("kill", 2**64 - 1, 0),
    "tgkill a thread of the parent": allowed("tgkill", PARENT, PARENT, 0),
    "clone a process": allowed("clone", signal.SIGCHLD),
    "clone a process that shares memory": allowed("clone", 0x100 | 0x4000 | signal.SIGCHLD),
    "clone into a new network": allowed("clone", THREAD_FLAGS | 0x40000000),
    "clone into new users": allowed("clone", 0x10000000 | signal.SIGCHLD),
    "clone a traced thread": allowed("clone", THREAD_FLAGS | 0x2000),
    "prctl PR_SET_DUMPABLE": allowed("prctl", 4, 1),
    "prctl PR_SET_PDEATHSIG": allowed("prctl", 1, 0),
    "prctl PR_SET_SECCOMP": allowed("prctl", 22, 2),
    "prctl PR_SET_MM": allowed("prctl", 35, 1),
    "prctl PR_CAP_AMBIENT": allowed("prctl", 47, 2, 0),
    "prctl PR_SET_PTRACER": allowed("prctl", 0x59616D61, PARENT),
    "prctl PR_SET_TIMING": allowed("prctl", 14, 1),
    "read the parent's limits": allowed("prlimit64", PARENT, resource.RLIMIT_NOFILE, 0, ADDRESS),
    "set the parent's limits": allowed("prlimit64", PARENT, resource.RLIMIT_CPU, ADDRESS, 0),
    "raise the memory limit": allowed("prlimit64", 0, resource.RLIMIT_AS, ADDRESS, 0),
    "raise the limit of open files": allowed(
        "prlimit64", os.getpid(), resource.RLIMIT_NOFILE, ADDRESS, 0
    ),
    "mmap executable memory": allowed("mmap", 0, 4096, 7, 0x22, 2**64 - 1, 0),
    "mprotect memory to be executable": allowed("mprotect", ADDRESS, mmap.PAGESIZE, 5),
    "install a filter": allowed("seccomp", 1, 1, ADDRESS),
    "ask seccomp for a listener": allowed("seccomp", 1, 8, ADDRESS),
    **({"call by an x32 number": lambda: call(0x40000000 | 39)} if COLUMN == 0 else {}),
}
STILL_WORKS: dict[str, Callable[[], int]] = {
    "read the flags of a pipe": lambda: tried(lambda: fcntl.fcntl(0, fcntl.F_GETFL)),
    "name a thread": allowed("prctl", 15, ADDRESS),
    "signal itself": allowed("kill", os.getpid(), 0),
    "read its own limits": lambda: tried(lambda: resource.getrlimit(resource.RLIMIT_AS)),
    "limit its processor time": lambda: tried(lambda: sandbox.allow_cpu(60)),
    "start a thread": lambda: tried(threading.Thread(target=int).start),
    "map memory": allowed("mmap", 0, 4096, 3, 0x22, 2**64 - 1, 0),
}


def main() -> None:
    sandbox.renounce()
    sandbox.lock_down(1024**3)
    sandbox.refuse_machine_code()
    met = {"clone3": call(number(CLONE3), ADDRESS, 64)}
    met |= {name: attempt() for name, attempt in {**REFUSED, **STILL_WORKS}.items()}
    for calls in CALLS.values():
        for name, numbers in calls.items():
            if (raw := numbers[COLUMN]) is not None:
                met[name] = call(raw, *[2**64 - 1] * 6)
    json.dump(met, sys.stdout)


if __name__ == "__main__":
    main()
