"""A child that dies with the command that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


class ChildProcess:
    """One process in a session of its own, so that Ctrl-C reaches only its parent.

    The parent decides the order in which its children stop. Should the parent be killed
    itself, Linux kills the child; so it has to be started from the main thread.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 — the supervisor has one thread
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._process.poll()

    def terminate(self) -> None:
        """Ask it to stop; harmless when it has stopped."""
        if self.exit_code is None:
            self._process.terminate()

    def wait(self, timeout_s: float) -> bool:
        """True when it ended in time."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it and its process group; harmless when it has stopped."""
        if self.exit_code is None:  # reaped, its number may belong to another by now
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


def child_environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    """This process's environment with ``changes``; None leaves a variable as it is."""
    inherited = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])  # a checkout need not be installed
    inherited["PYTHONPATH"] = os.pathsep.join(filter(None, [root, inherited.get("PYTHONPATH")]))
    return inherited | {name: value for name, value in changes.items() if value is not None}


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded before the fork: afterwards as little as possible
    parent = os.getpid()

    def set_death_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call above
            os._exit(0)

    return set_death_signal
