"""A seccomp filter for the decoder: no files, no sockets, no programs, no other processes.

Written here because the one binding on PyPI (pyseccomp) needs a C library at run time and
has had no release since 2021, while the filter is a table and twenty lines. It names what
is refused, not what is allowed: codecs, OpenCV and OpenVINO use too many calls, and too
different ones on every libc, for a list of the allowed ones to hold. Refused calls fail with
EPERM, so that libraries which only probe for a file go on without it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1  # TSYNC: the threads that run already are bound too
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_X32_BIT = 0x40000000
_CLONE_THREAD = 0x10000

# name: (number on x86_64, number on aarch64); None where the architecture lacks the call
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "open": (2, None),
    "creat": (85, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "truncate": (76, 45),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchownat": (260, 54),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
}
# Allowed on the calling process only (abort() signals itself, setrlimit() names itself).
_OWN_PROCESS_ONLY = {"kill": (62, 129), "tgkill": (234, 131), "prlimit64": (302, 261)}


@dataclass(frozen=True, slots=True)
class _Architecture:
    audit: int
    column: int
    clone: int
    clone3: int
    seccomp: int


_ARCHITECTURES = {
    "x86_64": _Architecture(audit=0xC000003E, column=0, clone=56, clone3=435, seccomp=317),
    "aarch64": _Architecture(audit=0xC00000B7, column=1, clone=220, clone3=435, seccomp=277),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install() -> None:
    """Refuse the calls above to every thread of this process, for good.

    Needs ``PR_SET_NO_NEW_PRIVS``. Raises :class:`OSError` where the kernel has no seccomp
    or the architecture is not in the table.
    """
    architecture = _ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise OSError(errno.ENOSYS, f"no seccomp table for {platform.machine()}")
    code = b"".join(_instructions(architecture))
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(
        ctypes.c_long(architecture.seccomp),
        ctypes.c_long(_SET_MODE_FILTER),
        ctypes.c_long(_FLAG_TSYNC),
        ctypes.byref(program),
    )
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)} (returned {result})")


def _instructions(architecture: _Architecture) -> Iterator[bytes]:
    yield _statement(_LOAD, _ARCHITECTURE)
    yield _jump(_JUMP_EQUAL, architecture.audit, skip_if_true=1)
    yield _statement(_RETURN, _KILL_PROCESS)  # 32-bit calls have other numbers
    yield _statement(_LOAD, _NUMBER)
    if architecture.column == 0:
        yield from _refuse(_JUMP_GREATER_EQUAL, _X32_BIT)
    for numbers in _REFUSED.values():
        number = numbers[architecture.column]
        if number is not None:
            yield from _refuse(_JUMP_EQUAL, number)
    # glibc falls back to clone(), whose flags can be read, when clone3() is unknown
    yield from _refuse(_JUMP_EQUAL, architecture.clone3, error=errno.ENOSYS)
    yield from _only(architecture.clone, _JUMP_ANY_BIT, (_CLONE_THREAD,))
    for numbers in _OWN_PROCESS_ONLY.values():
        yield from _only(numbers[architecture.column], _JUMP_EQUAL, (os.getpid(), 0))
    yield _statement(_RETURN, _ALLOW)


def _refuse(test: int, value: int, *, error: int = errno.EPERM) -> Iterator[bytes]:
    yield _jump(test, value, skip_if_false=1)
    yield _statement(_RETURN, _ERRNO | error)


def _only(number: int, test: int, values: tuple[int, ...]) -> Iterator[bytes]:
    """Allow call ``number`` where its first argument passes the test with one of the values."""
    yield _jump(_JUMP_EQUAL, number, skip_if_false=len(values) * 2 + 2)
    yield _statement(_LOAD, _FIRST_ARGUMENT)  # the low 32 bits; both machines little-endian
    for value in values:
        yield _jump(test, value, skip_if_false=1)
        yield _statement(_RETURN, _ALLOW)
    yield _statement(_RETURN, _ERRNO | errno.EPERM)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(code: int, value: int, *, skip_if_true: int = 0, skip_if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, skip_if_true, skip_if_false, value)
