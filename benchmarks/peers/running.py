"""A system that runs: from its start and first answer to its end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from benchmarks.peers.asking import WrongAnswer
from benchmarks.peers.load import PATIENCE_S, Round, closed_loop
from benchmarks.peers.process_tree import ProcessTree
from benchmarks.peers.systems import Files, System

POLL_S = 0.1
LAST_LINES = 3
NOISE = ("absl::", "port.cc", "cudart_stub")  # what TensorFlow always prints


class NotMeasured(Exception):
    """A system that gave no answer, or a wrong one; says why, as its log ends."""


class Running:
    """Ready when made: ``first_answer_s`` is from the start of the process to the first answer.

    Raises :class:`NotMeasured` when there is none.
    """

    def __init__(
        self, system: System, files: Files, film: bytes, log: Path, *, patience_s: float
    ) -> None:
        self.system, self._log = system, log
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}"
        began = time.monotonic()
        try:
            self._tree = ProcessTree(system.command(files, port), system.environment(files), log)
        except OSError as error:
            raise NotMeasured(f"{error}") from error
        try:
            asyncio.run(self._first_answer(film, began + patience_s))
        except BaseException:
            self._tree.close()
            raise
        self.first_answer_s = time.monotonic() - began
        self._tree.pause()

    def round(self, films: Sequence[bytes], *, clients: int) -> Round:
        """Wake it, let it judge the films, pause it again; raises :class:`NotMeasured`."""
        self._tree.resume()
        try:
            return asyncio.run(closed_loop(self.system.ask, self._url, films, clients=clients))
        except ExceptionGroup as errors:
            first = errors.exceptions[0]
            raise NotMeasured(f"under load, {type(first).__name__}: {first}") from errors
        finally:
            self._tree.pause()

    def resident_mib(self) -> float:
        """Of all its processes, in MiB."""
        return self._tree.resident_mib()

    def close(self) -> None:
        """End it."""
        self._tree.close()

    async def _first_answer(self, film: bytes, until: float) -> None:
        last: httpx.HTTPError | None = None
        async with httpx.AsyncClient(base_url=self._url, timeout=PATIENCE_S) as http:
            while time.monotonic() < until and not self._tree.ended:
                try:
                    return await self.system.ask(http, film)
                except httpx.HTTPError as error:  # not there yet
                    last = error
                    if _refused(error):
                        break
                except WrongAnswer as error:
                    raise NotMeasured(f"its first answer is wrong: {error}") from error
                await asyncio.sleep(POLL_S)
        if last is None or not _refused(last):
            when = "it ended" if self._tree.ended else "it took too long"
        else:
            when = "it refused the film"
        raise NotMeasured(f"no answer, {when} ({last}); {self._last_words()}")

    def _last_words(self) -> str:
        with suppress(OSError):
            text = self._log.read_text(errors="replace")
            lines = [line for line in text.splitlines() if not any(n in line for n in NOISE)]
            return " ".join(line.strip() for line in lines[-LAST_LINES:]) or "it printed nothing"
        return "it has no log"


def _refused(error: httpx.HTTPError) -> bool:
    """Whether the system is there, and asking again will not help."""
    code = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
    return code in (400, 405, 413, 415, 422)


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])
