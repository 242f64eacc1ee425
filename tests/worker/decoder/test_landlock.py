"""Landlock alone, without seccomp in front of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from worker.decoder import landlock

BEFORE = """
import os, socket, threading
from pathlib import Path
from worker.decoder import landlock, sandbox
sandbox._prctl(sandbox._PR_SET_NO_NEW_PRIVS, 1)
def tell(action):
    try:
        action()
    except OSError as error:
        print(type(error).__name__, end=" ")
    else:
        print("worked", end=" ")
"""


def run(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + code], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def needs(version: int) -> pytest.MarkDecorator:
    try:
        held = landlock._version(1)
    except OSError:
        held = 0
    return pytest.mark.skipif(held < version, reason=f"the kernel has Landlock {held}")


@needs(1)
def test_while_loading_files_are_read_and_not_written() -> None:
    code = """
landlock.refuse_files(loading=True)
tell(lambda: Path("/proc/self/status").read_bytes())
tell(lambda: os.listdir("/"))
tell(lambda: Path("/tmp/landlock-test").write_bytes(b""))
tell(lambda: os.mkdir("/tmp/landlock-test"))
"""
    assert run(code) == ["worked", "worked", "PermissionError", "PermissionError"]


@needs(1)
def test_afterwards_files_are_not_read_either_by_any_later_thread() -> None:
    code = """
landlock.refuse_files(loading=False)
tell(lambda: Path("/proc/self/status").read_bytes())
tell(lambda: os.listdir("/"))
thread = threading.Thread(target=tell, args=(lambda: Path("/proc/self/status").read_bytes(),))
thread.start()
thread.join()
"""
    assert run(code) == ["PermissionError"] * 3


@needs(4)
def test_no_tcp_port_is_bound_or_connected_to() -> None:
    code = """
with socket.create_server(("127.0.0.1", 0)) as server:
    landlock.refuse_network()
    tell(lambda: socket.create_connection(server.getsockname()))
    tell(lambda: socket.create_server(("127.0.0.1", 0)))
"""
    assert run(code) == ["PermissionError"] * 2


@needs(6)
def test_no_other_process_is_signaled() -> None:
    code = """
landlock.refuse_signals()
tell(lambda: os.kill(os.getppid(), 0))
tell(lambda: os.kill(os.getpid(), 0))
"""
    assert run(code) == ["PermissionError", "worked"]


def test_an_older_kernel_is_told_with_the_version_that_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landlock, "_call", lambda *_: 3)
    with pytest.raises(OSError, match="version 3 of Landlock; 4 is needed"):
        landlock.refuse_network()
