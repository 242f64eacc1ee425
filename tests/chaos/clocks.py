"""The wall clock of a single process, which can be set while the process runs.

``wall_clock.c`` is loaded before the C library. Debian's libfaketime would do it as well, but its
version 0.9.10 makes ``time.sleep`` of Python 3.11 fail where monotonic clocks are to go on.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from shutil import which
from typing import Final

SOURCE: Final = Path(__file__).with_name("wall_clock.c")
BYTES: Final = 8  # of a long


class Clock:
    """One process's, or that of several; it is right at first."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self._library = library
        file.write_bytes(bytes(BYTES))

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process has to be started with."""
        return {"LD_PRELOAD": str(self._library), "WALL_CLOCK_FILE": str(self._file)}

    def set(self, ahead_s: int) -> None:
        """Make it differ so much from the machine's, from now on."""
        with self._file.open("r+b") as file:  # in place: processes have mapped it
            file.write(ahead_s.to_bytes(BYTES, "little", signed=True))


def why_not() -> str | None:
    """Why no clock can be set here; None where it can."""
    return None if which("cc") else "there is no C compiler (cc)"


def build_library(folder: Path) -> Path:
    """What processes load so that their clocks can be set."""
    library = folder / "wall_clock.so"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE], check=True
    )
    return library
