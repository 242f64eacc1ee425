"""Films on a shelf: each is encoded once, in a process of its own, and kept in a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from benchmarks.growth.films import Film
from core.media.frames import open_media

# libx265 corrupts the heap of one process in a thousand, which ends that process.
TRIES: Final = 3
_ENCODE: Final = """
import sys
from pathlib import Path
from benchmarks.growth.films import Film
Path(sys.argv[1]).write_bytes({film!r}.encoded())
"""


class Shelf:
    """Films in ``folder``; ``say`` hears of each that is made."""

    def __init__(self, folder: Path, say: Callable[[str], object]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._say = folder, say

    def read(self, film: Film) -> bytes:
        """The bytes of a film; it is encoded where the folder does not have it."""
        file = self._folder / film.file_name
        if not file.exists():
            self._make(film, file)
        return file.read_bytes()

    def prepare(self, films: Iterable[Film]) -> None:
        """Encode what is missing, so that no encoder runs between two measurements."""
        for film in dict.fromkeys(films):
            self.read(film)

    def _make(self, film: Film, file: Path) -> None:
        unfinished = file.with_suffix(".part")
        command = [sys.executable, "-c", _ENCODE.format(film=film), str(unfinished)]
        for left in reversed(range(TRIES)):
            if (ended := subprocess.run(command, check=False).returncode) == 0:
                break
            if not left:
                raise RuntimeError(
                    f"{film.file_name}: the encoder ended {TRIES} times, at last with {ended}"
                )
        with open_media(unfinished.read_bytes()) as media:
            told = media.info
        if told.duration_s is None or round(told.duration_s) != film.seconds:
            raise RuntimeError(f"{film.file_name} has {told.duration_s} s and not {film.seconds} s")
        unfinished.rename(file)
        self._say(f"{film.file_name}: {file.stat().st_size / 1e6:,.1f} MB")
