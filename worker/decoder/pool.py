"""Decoding in disposable children: a crash or a hang costs one job, never the worker.

Importing this module is cheap on purpose (no OpenCV, no OpenVINO): at start-up the children
are on their way before the worker spends its first second on its own imports.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from core.errors import DecoderCrashed, DecoderError, DecodeTimeout, MediaError
from core.evidence import Evidence, ExtractOptions
from core.provenance import NotChecked, Provenance
from worker.decoder.config import DecoderConfig
from worker.decoder.decoder import Decoder

logger = logging.getLogger(__name__)

STARTS: Final = 3  # that may fail until a file is told so: it is not what makes them fail

TellProvenance = Callable[[Provenance], None]


class DecoderPool:
    """As many children as jobs run at once, and ``spare`` more.

    A job that is canceled or whose child crashes costs that child. The next job takes a spare
    one at once, while another is started in its place. All are started on one thread that lives
    as long as the pool, one after the other: loading a child takes over a second of processor
    time, so several at once would all come late.
    """

    def __init__(self, config: DecoderConfig, size: int, *, spare: int = 1) -> None:
        self._config = config
        self._wanted = size + spare
        self.replaced = 0  # children, since the pool was made
        self._places = threading.Semaphore(size)
        self._spawner = ThreadPoolExecutor(1, thread_name_prefix="decoder-spawner")
        self._changed = threading.Condition()  # guards all below
        self._idle: list[Decoder] = []
        self._busy: set[Decoder] = set()
        self._coming = 0
        self._failures = 0
        self._failure: DecoderCrashed | None = None  # the last one
        self._reported_missing: list[str] = []
        self._closed = False
        with self._changed:
            self._order(1)

    def wait_ready(self) -> None:
        """Return when one child is ready; the others follow in the background.

        Raises :class:`DecoderCrashed` when none can be made ready, in STARTS tries.
        """
        self._give_back(self._take())

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,
        options: ExtractOptions,
        *,
        deadline_s: float,
        check: Callable[[], None] = lambda: None,
        on_frame: Callable[[int], None] = lambda _: None,
        on_provenance: TellProvenance | None = None,
    ) -> Evidence:
        """:meth:`Decoder.extract` on a child that is free.

        ``on_provenance`` hears what the file says of its own origin, before this returns or raises
        a :class:`MediaError`. What goes wrong on the way to it is told as not checked.
        """
        limit_s = self._config.start_timeout_s
        if not self._places.acquire(timeout=limit_s):
            raise DecoderCrashed(f"No decoder became free within {limit_s:g} s.")
        try:
            decoder = self._take()
            try:
                evidence = decoder.extract(
                    chunks,
                    size,
                    options,
                    deadline_s=deadline_s,
                    check=check,
                    on_frame=on_frame,
                    keeps_media=on_provenance is not None,
                )
            except MediaError:
                self._finish(decoder, on_provenance, check)
                raise
            except BaseException as error:
                self._replace(decoder, f"{type(error).__name__}: {error}")
                raise
            self._finish(decoder, on_provenance, check)
            return evidence
        finally:
            self._places.release()

    def close(self) -> None:
        """Kill every child; no process is left when this returns."""
        with self._changed:
            self._closed = True
            for decoder in self._busy:
                decoder.end()
            self._changed.notify_all()
        self._spawner.shutdown()
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Decoder:
        """A living child, which is busy from now on."""
        limit_s = self._config.start_timeout_s
        deadline = time.monotonic() + limit_s
        with self._changed:
            failures = self._failures
            while not self._closed:
                decoder = self._pop_living()
                self._order(self._wanted)
                if decoder is not None:
                    return decoder
                if self._failures >= failures + STARTS and self._failure is not None:
                    raise self._failure
                if not self._changed.wait(deadline - time.monotonic()):
                    raise DecoderCrashed(f"No decoder was ready within {limit_s:g} s.")
        raise DecoderCrashed("The worker is shutting down its decoders.")

    def _pop_living(self) -> Decoder | None:
        """The child that was used last: the memory of the spare one stays untouched."""
        while self._idle:
            decoder = self._idle.pop()
            if decoder.wake():
                self._busy.add(decoder)
                return decoder
            decoder.replace("it died between two files")
            self.replaced += 1
        return None

    def _finish(
        self, decoder: Decoder, tell: TellProvenance | None, check: Callable[[], None]
    ) -> None:
        """Ask for the provenance where it is wanted; then the child is free, or replaced."""
        if tell is None:
            self._give_back(decoder)
            return
        try:
            found = decoder.provenance(check)
        except BaseException as error:
            self._replace(decoder, f"while it read a provenance: {type(error).__name__}: {error}")
            if not isinstance(error, DecoderError):
                raise
            late = isinstance(error, DecodeTimeout)
            tell(Provenance.not_checked(NotChecked.TIMEOUT if late else NotChecked.CRASHED))
            return
        self._give_back(decoder)
        if found is not None:
            tell(found)

    def _give_back(self, decoder: Decoder) -> None:
        fault = decoder.rest()
        if fault is not None:
            self._replace(decoder, fault)
            return
        with self._changed:
            self._busy.remove(decoder)
            self._idle.append(decoder)
            self._changed.notify()

    def _replace(self, decoder: Decoder, why: str) -> None:
        decoder.replace(why)
        with self._changed:
            self._busy.remove(decoder)
            self.replaced += 1
            self._order(self._wanted)

    def _order(self, wanted: int) -> None:
        """Have as many children started as are missing to ``wanted``."""
        missing = wanted - len(self._idle) - len(self._busy) - self._coming
        for _ in range(0 if self._closed else missing):
            self._coming += 1
            self._spawner.submit(self._start)

    def _start(self) -> None:
        try:
            decoder = Decoder.start(self._config, self._check_open)
        except DecoderCrashed as error:
            with self._changed:
                self._coming -= 1
                self._failures, self._failure = self._failures + 1, error
                self._changed.notify_all()
            return
        with self._changed:
            self._coming -= 1
            self._idle.insert(0, decoder)
            self._changed.notify()
        self._report(decoder)

    def _check_open(self) -> None:
        if self._closed:
            raise DecoderCrashed("The worker is shutting down its decoders.")

    def _report(self, decoder: Decoder) -> None:
        logger.info("decoder %d ready, behind: %s", decoder.pid, ", ".join(decoder.protections))
        if decoder.missing != self._reported_missing:  # the same kernel says it of every child
            self._reported_missing = decoder.missing
            logger.warning("decoders run without: %s", ", ".join(decoder.missing) or "nothing")
