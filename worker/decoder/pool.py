"""Decoding in disposable children: a crash or a hang costs one job, never the worker.

Importing this module is cheap on purpose (no OpenCV, no OpenVINO): at start-up the children
are on their way before the worker spends its first second on its own imports.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.cores import usable_cores
from core.errors import DecoderCrashed, DecoderError, DecodeTimeout, MediaError
from worker.decoder.child import Child
from worker.decoder.sandbox import Protection

if TYPE_CHECKING:
    from core.evidence import Evidence, ExtractOptions

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """How decoder children are started and when they are replaced."""

    memory_bytes: int = 3 * 1024**3  # on top of what the libraries map: upload, frames, codec
    threads: int = field(default_factory=usable_cores)
    max_jobs: int = 200  # then a fresh one, whatever leaked goes with it
    max_resident_bytes: int = 1024**3  # after a job; a fresh child holds about 200 MB
    start_timeout_s: float = 60.0
    module: str = "worker.decoder"

    @property
    def command(self) -> list[str]:
        """-P: nothing is imported from the current directory."""
        arguments = (os.getpid(), self.memory_bytes, self.threads)
        return [sys.executable, "-P", "-m", self.module, *map(str, arguments)]

    @property
    def environment(self) -> Mapping[str, str]:
        """All that a child sees of the worker's environment: nothing of it but the linker's."""
        threads = str(self.threads)
        own = {
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "MALLOC_ARENA_MAX": "2",  # each arena reserves 64 MB of the address space
        }
        linker = os.environ.get("LD_LIBRARY_PATH")
        return own if linker is None else {**own, "LD_LIBRARY_PATH": linker}


class Decoder:
    """One child after another; used by one thread at a time.

    Children are started on the thread of ``spawner``, which outlives them: the kernel ends
    a child when the *thread* that started it ends (PR_SET_PDEATHSIG), not the process.
    """

    def __init__(self, config: DecoderConfig, spawner: Executor) -> None:
        self._config = config
        self._spawner = spawner
        self._child = self._spawn()
        self._greeted = False
        self._jobs = 0
        self._closed = False

    def wait_ready(self) -> Child:
        """The child, loaded and fenced in. Raises :class:`DecoderCrashed` when it cannot be."""
        child = self._spawned()
        if self._greeted and not child.alive():
            self._replace(child, "it died between two files")
            child = self._spawned()
        if not self._greeted:
            with self._replaced_on_error(child):
                _greet(child, self._config.start_timeout_s)
            self._greeted = True
        return child

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,
        options: ExtractOptions,
        *,
        deadline_s: float,
        check: Callable[[], None] = lambda: None,
    ) -> Evidence:
        """Have ``size`` bytes decoded, searched and cropped; only one chunk is held at a time.

        ``check`` is called several times a second; what it raises ends the decoding. Raises
        what :func:`core.pipeline.extraction.extract` raises, :class:`DecodeTimeout` after
        ``deadline_s`` (fetching the chunks included), :class:`DecoderCrashed`,
        :class:`DecoderOutOfMemory`, and whatever ``chunks`` raises. After all of them but
        the first a fresh child is on its way.
        """
        from worker.decoder import messages  # noqa: PLC0415 - see the module's docstring

        child = self.wait_ready()
        request = messages.Request(size, cpu_s=deadline_s * usable_cores(), options=options)
        with self._replaced_on_error(child):
            answer = messages.parse_answer(
                child.listen(
                    time.monotonic() + deadline_s,
                    deadline_s,
                    sending=_request_bytes(messages.encode_request(request), chunks, size),
                    check=check,
                ),
                options,
            )
            if isinstance(answer, DecoderError):
                raise answer
        self._retire_when_worn(child)
        if isinstance(answer, MediaError):
            raise answer
        return answer

    def close(self) -> None:
        """Kill the child; the decoder cannot be used afterwards."""
        self._closed = True
        if not self._child.cancel() and self._child.exception() is None:
            self._child.result().kill()

    def _spawn(self) -> Future[Child]:
        config = self._config
        return self._spawner.submit(Child, config.command, config.environment)

    def _spawned(self) -> Child:
        try:
            return self._child.result()
        except OSError as error:
            self._child = self._spawn()
            raise DecoderCrashed(f"The decoder cannot be started: {error}.") from error

    @contextmanager
    def _replaced_on_error(self, child: Child) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._replace(child, f"{type(error).__name__}: {error}")
            raise

    def _replace(self, child: Child, why: str) -> None:
        last_words = child.kill()
        if self._closed:
            return
        self._child, self._greeted, self._jobs = self._spawn(), False, 0
        logger.warning("decoder %d is replaced: %s %s", child.pid, why, last_words)

    def _retire_when_worn(self, child: Child) -> None:
        self._jobs += 1
        resident = child.resident_bytes() or 0
        if self._jobs >= self._config.max_jobs:
            self._replace(child, f"it has read {self._jobs} files.")
        elif resident > self._config.max_resident_bytes:
            self._replace(child, f"it holds {resident:,} bytes after a file.")


class DecoderPool:
    """As many children as jobs run at once; the first is on its way when this returns."""

    def __init__(self, config: DecoderConfig, size: int) -> None:
        self._config = config
        self._size = size
        self._spawner = ThreadPoolExecutor(1, thread_name_prefix="decoder-spawner")
        self._decoders = [Decoder(config, self._spawner)]
        self._idle: queue.LifoQueue[Decoder] = queue.LifoQueue()
        self._closed = threading.Event()

    def wait_ready(self) -> None:
        """Return when one child is ready; the others follow in the background, one by one.

        Loading a child takes about two seconds of processor time: with several at once, all
        would come late. Raises :class:`DecoderCrashed` when the first cannot be made ready.
        """
        self._decoders[0].wait_ready()
        self._idle.put(self._decoders[0])
        threading.Thread(target=self._add_others, name="decoder-pool", daemon=True).start()

    def _add_others(self) -> None:
        while len(self._decoders) < self._size and not self._closed.is_set():
            decoder = Decoder(self._config, self._spawner)
            self._decoders.append(decoder)
            try:
                decoder.wait_ready()
            except DecoderCrashed as error:
                logger.warning("%s It is tried again with the next file.", error)
            self._idle.put(decoder)

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,
        options: ExtractOptions,
        *,
        deadline_s: float,
        check: Callable[[], None] = lambda: None,
    ) -> Evidence:
        """:meth:`Decoder.extract` on the first child that is free."""
        try:
            decoder = self._idle.get(timeout=self._config.start_timeout_s)
        except queue.Empty:
            waited_s = self._config.start_timeout_s
            raise DecoderCrashed(f"No decoder became free within {waited_s:g} s.") from None
        try:
            return decoder.extract(chunks, size, options, deadline_s=deadline_s, check=check)
        finally:
            self._idle.put(decoder)

    def close(self) -> None:
        """Kill every child."""
        self._closed.set()
        for decoder in self._decoders:
            decoder.close()
        self._spawner.shutdown(wait=False)


def _greet(child: Child, timeout_s: float) -> None:
    try:
        message = child.listen(time.monotonic() + timeout_s, timeout_s)
    except DecodeTimeout:
        raise DecoderCrashed(f"The decoder was not ready within {timeout_s:g} s.") from None
    held = set(message.header.get("ready", {}).get("protections", ()))
    missing = [protection.value for protection in Protection if protection.value not in held]
    if missing:
        logger.warning("decoder %d runs without: %s", child.pid, ", ".join(missing))
    logger.info("decoder %d ready, behind: %s", child.pid, ", ".join(sorted(held)))


def _request_bytes(encoded: bytes, chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The request, then exactly as many bytes as it announces."""
    yield encoded
    sent = 0
    for chunk in chunks:
        sent += len(chunk)
        if sent > size:
            raise ValueError(f"{sent:,} bytes came for an upload of {size:,}")
        yield chunk
    if sent < size:
        raise ValueError(f"{sent:,} bytes came for an upload of {size:,}")
