"""The end of what a child wrote to stderr, fit for the worker's log."""

from __future__ import annotations

import threading
import time
from typing import IO

from core.printable import printable

_READ_BYTES = 64 * 1024
_KEPT_BYTES = 4096
_PAUSE_S = 0.01  # after a pipe full of words: who floods it waits, and the worker does not
_MAX_LINES, _MAX_CHARACTERS = 40, 300


class LastWords:
    """Reads a child's stderr to its end on a thread of its own, and keeps little of it."""

    def __init__(self, stream: IO[bytes], pid: int) -> None:
        self._stream = stream
        self._kept = b""
        self._thread = threading.Thread(target=self._drain, name=f"stderr-{pid}", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while data := self._stream.read(_READ_BYTES):
            self._kept = (self._kept + data)[-_KEPT_BYTES:]
            if len(data) == _READ_BYTES:
                time.sleep(_PAUSE_S)

    def finish(self) -> list[str]:
        """The last lines, each short and without control characters, of a child that is dead."""
        self._thread.join(timeout=1.0)
        if not self._thread.is_alive():
            self._stream.close()
        # Split at line feeds alone: other characters that end a line are shown as escapes.
        lines = self._kept.decode(errors="backslashreplace").split("\n")
        return [printable(line, _MAX_CHARACTERS) for line in lines if line.strip()][-_MAX_LINES:]
