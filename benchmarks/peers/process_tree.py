"""A server as a process with all its descendants: started, paused, weighed, ended."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

END_S = 10.0
MIB = 1024**2


class ProcessTree:
    """Started by its making; what it prints goes into ``log``."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, env=dict(environment), stdout=file, stderr=subprocess.STDOUT
            )
        self._root = psutil.Process(self._process.pid)

    @property
    def ended(self) -> bool:
        """Whether the process that was started is gone."""
        return self._process.poll() is not None

    def pause(self) -> None:
        """Stop it where it is: parents first, so that none starts a child meanwhile."""
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        """Let it go on."""
        for process in reversed(self.processes()):
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def resident_mib(self) -> float:
        """The sum of the proportional set sizes (PSS): shared pages count once."""
        total = 0
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().pss
        return total / MIB

    def close(self) -> None:
        """Ask all to end, and kill those that stay."""
        family = self.processes()
        self.resume()
        with suppress(psutil.NoSuchProcess):
            self._root.send_signal(signal.SIGINT)
        _, left = psutil.wait_procs(family[:1], END_S)
        for process in [*left, *family[1:]]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)

    def processes(self) -> list[psutil.Process]:
        """The one that was started, and its descendants; none when it is gone."""
        with suppress(psutil.NoSuchProcess):
            return [self._root, *self._root.children(recursive=True)]
        return []
