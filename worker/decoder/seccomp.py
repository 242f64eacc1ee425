"""Two seccomp filters for the decoder: the listed calls only, and then no new machine code.

Written here because the one binding on PyPI (pyseccomp) needs a C library at run time and
has had no release since 2021. A refused call fails with EPERM, so that libraries which only
probe for something go on without it; ``clone3`` with ENOSYS, so that the C library falls back
to ``clone``, whose flags a filter can read. See seccomp(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.decoder.system_calls import ALLOWED, CLONE3, Call, Check

_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1  # TSYNC: the threads that run already are bound too
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_LOW, _HIGH = 0, 4  # halves of an argument; both machines are little-endian

_F_GETFD, _F_GETFL = 1, 3
_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA = 15, 16, 0x53564D41
_RLIMIT_CPU = 0
_PROT_EXEC = 4
_CLONE_THREAD = 0x10000
# What a C library passes for a thread: VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS,
# PARENT_SETTID, CHILD_CLEARTID, and DETACHED in musl. All others make processes or namespaces.
_NO_THREAD = 0xFFFFFFFF & ~0x7D0F00


@dataclass(frozen=True, slots=True)
class _Architecture:
    name: str
    audit: int

    def number(self, call: Call) -> int | None:
        return call.x86_64 if self.name == "x86_64" else call.aarch64


_ARCHITECTURES = {
    name: _Architecture(name, audit)
    for name, audit in (("x86_64", 0xC000003E), ("aarch64", 0xC00000B7))
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def allow_listed_calls() -> None:
    """Refuse every call that is not in the list to every thread of this process, for good.

    Needs ``PR_SET_NO_NEW_PRIVS``. Raises :class:`OSError` where the kernel has no seccomp
    or the architecture is not in the table.
    """
    _install(listed_calls(_architecture(), os.getpid()))


def refuse_machine_code() -> None:
    """Refuse executable memory and further filters; comes after :func:`allow_listed_calls`."""
    _install(no_machine_code(_architecture()))


def listed_calls(architecture: _Architecture, pid: int) -> Iterator[bytes]:
    """The first filter: a program of 8 bytes an instruction.

    Numbers of the x32 ABI, which carry a bit of their own, are in no list.
    """
    yield _statement(_LOAD, _ARCHITECTURE)
    yield _jump(_EQUAL, architecture.audit, skip_if_true=1)
    yield _statement(_RETURN, _KILL_PROCESS)  # 32-bit calls have other numbers
    yield _statement(_LOAD, _NUMBER)
    for call in ALLOWED.values():
        yield from _on(architecture.number(call), _verdict(call.check, pid))
    yield from _on(architecture.number(CLONE3), [_statement(_RETURN, _ERRNO | errno.ENOSYS)])
    yield _refuse()


def no_machine_code(architecture: _Architecture) -> Iterator[bytes]:
    """The second filter, for which the first one let the call through."""
    yield _statement(_LOAD, _NUMBER)
    for call in ALLOWED.values():
        if call.check is Check.NOT_EXECUTABLE:
            executable = [*_if_argument(2, _ANY_BIT, (_PROT_EXEC,), _refuse()), _allow()]
            yield from _on(architecture.number(call), executable)
        elif call.check is Check.TIGHTEN:
            yield from _on(architecture.number(call), [_refuse()])
    yield _allow()


def _verdict(check: Check | None, pid: int) -> list[bytes]:
    """Instructions that end with a verdict on a call, by its arguments."""
    if check in (None, Check.NOT_EXECUTABLE):  # the latter is the second filter's concern
        return [_allow()]
    one_of = {
        Check.OWN_PROCESS: (0, (pid,)),
        Check.READ_FLAGS: (1, (_F_GETFD, _F_GETFL)),
        Check.NAME_THREAD: (0, (_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA)),
    }
    if check in one_of:
        at, values = one_of[check]
        return [*_if_argument(at, _EQUAL, values, _allow()), _refuse()]
    if check is Check.NEW_THREAD:
        other = _if_argument(0, _ANY_BIT, (_NO_THREAD,), _refuse())
        return [*other, *_if_argument(0, _ANY_BIT, (_CLONE_THREAD,), _allow()), _refuse()]
    if check is Check.TIGHTEN:
        tightens = _if_argument(0, _EQUAL, (_SET_MODE_FILTER,), _allow())
        return [*_unless_argument(1, _FLAG_TSYNC), *tightens, _refuse()]
    return _own_cpu_limit(pid)


def _own_cpu_limit(pid: int) -> list[bytes]:
    sets = _if_argument(1, _EQUAL, (_RLIMIT_CPU,), _allow())
    reads = [*_unless_argument(2, 0), *_unless_argument(2, 0, half=_HIGH), _allow()]
    own = [*sets, *reads]
    zero_is_itself = _jump(_EQUAL, 0, skip_if_true=1)
    return [_load(0), zero_is_itself, _jump(_EQUAL, pid, skip_if_false=len(own)), *own, _refuse()]


def _on(number: int | None, verdict: Sequence[bytes]) -> Iterator[bytes]:
    """Run ``verdict`` when the loaded call number is ``number``."""
    if number is not None:
        yield _jump(_EQUAL, number, skip_if_false=len(verdict))
        yield from verdict


def _if_argument(at: int, test: int, values: Sequence[int], then: bytes) -> list[bytes]:
    """Do ``then`` when the low half of an argument passes the test with one of ``values``."""
    tests = [step for value in values for step in (_jump(test, value, skip_if_false=1), then)]
    return [_load(at), *tests]


def _unless_argument(at: int, value: int, *, half: int = _LOW) -> list[bytes]:
    """Refuse the call unless half of an argument is ``value``."""
    return [_load(at, half), _jump(_EQUAL, value, skip_if_true=1), _refuse()]


def _load(argument: int, half: int = _LOW) -> bytes:
    return _statement(_LOAD, _ARGUMENTS + 8 * argument + half)


def _allow() -> bytes:
    return _statement(_RETURN, _ALLOW)


def _refuse() -> bytes:
    return _statement(_RETURN, _ERRNO | errno.EPERM)


def _statement(code: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, value)


def _jump(code: int, value: int, *, skip_if_true: int = 0, skip_if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, skip_if_true, skip_if_false, value)


def _architecture() -> _Architecture:
    architecture = _ARCHITECTURES.get(platform.machine()) if sys.platform == "linux" else None
    if architecture is None:
        reason = f"no table of system calls for {sys.platform} on {platform.machine()}"
        raise OSError(errno.ENOSYS, reason)
    return architecture


def _install(instructions: Iterator[bytes]) -> None:
    code = b"".join(instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    seccomp = _architecture().number(ALLOWED["seccomp"])
    result = ctypes.CDLL(None, use_errno=True).syscall(
        ctypes.c_long(seccomp or 0),
        ctypes.c_long(_SET_MODE_FILTER),
        ctypes.c_long(_FLAG_TSYNC),
        ctypes.byref(program),
    )
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp: {os.strerror(number)} (returned {result})")
