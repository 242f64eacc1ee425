"""The wall clock of a single process, which can be set while the process runs.

Debian's libfaketime does it, loaded before the C library: it reads the difference to the clock of
the machine from a file once a second. Monotonic clocks, which measure how long things take, stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

PLACES: Final = ("/usr/lib/*-linux-gnu/faketime", "/usr/lib/faketime", "/usr/lib64/faketime")
MEMORY: Final = Path("/dev/shm")
NOTICED_S: Final = 1.0  # a file that is read at every look makes looks ten times as long
LIBRARY: Final = "libfaketimeMT.so.1"  # of two, the one for processes with threads


class Clock:
    """One process's, or that of several; it is right at first."""

    def __init__(self, file: Path, library: Path) -> None:
        self.ahead_s = 0.0
        self._file = file
        self._library = library
        self.set(0.0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process has to be started with."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "0",  # seconds beyond the one in which it was read
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",  # its name in older versions
            "NO_FAKE_STAT": "1",
        }

    def set(self, ahead_s: float) -> None:
        """Make it differ so much from the machine's, within NOTICED_S."""
        self.ahead_s = ahead_s
        fresh = self._file.with_suffix(".new")  # nobody may read half a number
        fresh.write_text(f"{ahead_s:+g}\n", "utf-8")
        fresh.replace(self._file)


def forget(pid: int) -> None:
    """Remove what the library leaves of a process that was killed."""
    for file in MEMORY.glob(f"*faketime_*_{pid}"):
        file.unlink(missing_ok=True)


def faketime_library() -> Path | None:
    """None where libfaketime is not installed."""
    root = Path("/")
    found = (file for place in PLACES for file in root.glob(f"{place[1:]}/{LIBRARY}"))
    return next(found, None)
