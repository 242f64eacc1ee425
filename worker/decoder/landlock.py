"""Landlock: the kernel refuses files, connections and signals by what they are, not by call.

A second fence behind seccomp: should a system call slip through the list there, this one still
refuses the file behind it. These are raw system calls of landlock(7). Each function needs
``PR_SET_NO_NEW_PRIVS``, binds the calling thread and those that it starts later, cannot be
undone, and raises :class:`OSError` where the kernel is too old.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from enum import IntFlag

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # on every architecture
_ASK_VERSION = 1


class Files(IntFlag):
    """Rights of LANDLOCK_ACCESS_FS_*, in the order in which kernels learnt them."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    CHANGE_DIRECTORIES = 0x1FF0  # remove and make entries of every kind, bits 4 to 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


_LOADING = Files.EXECUTE | Files.READ_FILE | Files.READ_DIR
_FILES_BY_VERSION = {1: 0x1FFF, 2: Files.REFER, 3: Files.TRUNCATE, 5: Files.IOCTL_DEV}
_NETWORK_SINCE, _TCP_BIND_AND_CONNECT = 4, 0b11
_SCOPES_SINCE, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


def refuse_files(*, loading: bool) -> None:
    """No file is opened, made or removed; ``loading`` leaves reading, which imports need."""
    version = _version(1)
    rights = sum(int(bits) for since, bits in _FILES_BY_VERSION.items() if since <= version)
    _enter(_Ruleset(files=rights & ~_LOADING if loading else rights))


def refuse_network() -> None:
    """No TCP port is bound or connected to."""
    _version(_NETWORK_SINCE)
    _enter(_Ruleset(network=_TCP_BIND_AND_CONNECT))


def refuse_signals() -> None:
    """No other process is signaled, or reached by an abstract UNIX socket."""
    _version(_SCOPES_SINCE)
    _enter(_Ruleset(scopes=_ABSTRACT_SOCKETS_AND_SIGNALS))


def _version(needed: int) -> int:
    version = _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    if version < needed:
        raise OSError(
            errno.ENOSYS, f"the kernel has version {version} of Landlock; {needed} is needed"
        )
    return version


def _enter(ruleset: _Ruleset) -> None:
    # Older kernels take a structure that is longer than theirs when the rest of it is zero.
    size = ctypes.c_size_t(ctypes.sizeof(ruleset))
    handle = _call(_CREATE_RULESET, ctypes.byref(ruleset), size, ctypes.c_uint32(0))
    try:
        _call(_RESTRICT_SELF, ctypes.c_int(handle), ctypes.c_uint32(0))
    finally:
        os.close(handle)


def _call(number: int, *arguments: object) -> int:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} has no Landlock")
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return result
