"""A child that is ready and is asked one file after another."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Self

from core.cores import usable_cores
from core.errors import DecoderCrashed, DecoderError, DecodeTimeout, MediaError
from core.evidence import Evidence, ExtractOptions
from core.provenance import Provenance
from worker.decoder import origin, protocol
from worker.decoder.child import Child
from worker.decoder.config import DecoderConfig
from worker.decoder.protocol import Bounds
from worker.decoder.sandbox import Protection

logger = logging.getLogger(__name__)


class Decoder:
    """Used by one thread at a time; a pool keeps several."""

    def __init__(self, child: Child, config: DecoderConfig, protections: frozenset[str]) -> None:
        self._child = child
        self._config = config
        self._jobs = 0
        self.protections = protections

    @classmethod
    def start(cls, config: DecoderConfig, check: Callable[[], None] = lambda: None) -> Self:
        """A child that is loaded and fenced in.

        The kernel ends it when the *thread* that calls this ends (PR_SET_PDEATHSIG), not the
        process. ``check`` is called several times a second; what it raises ends the start.
        Raises :class:`DecoderCrashed` when there is no child to be had.
        """
        try:
            child = Child(config.command, config.environment, max_threads=config.max_threads)
        except OSError as error:
            raise DecoderCrashed(f"The decoder cannot be started: {error}.") from error
        limit_s = config.start_timeout_s
        try:
            message = child.listen(
                time.monotonic() + limit_s, limit_s, bounds=Bounds(), check=check
            )
            return cls(child, config, protocol.parse_ready(message))
        except BaseException as error:
            _log_last_words(child.pid, child.kill())
            if isinstance(error, DecodeTimeout):
                late = DecoderCrashed(f"The decoder was not ready within {limit_s:g} s.")
                raise late from None
            raise

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def missing(self) -> list[str]:
        """The protections that the kernel refused."""
        return [fence.value for fence in Protection if fence.value not in self.protections]

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,
        options: ExtractOptions,
        *,
        deadline_s: float,
        check: Callable[[], None] = lambda: None,
        on_frame: Callable[[int], None] = lambda _: None,
        keeps_media: bool = False,
    ) -> Evidence:
        """Have ``size`` bytes decoded, searched and cropped; only one chunk is held at a time.

        ``check`` is called several times a second; what it raises ends the decoding.
        ``on_frame`` hears how many frames are done, each time one more is. With ``keeps_media``
        the child holds the file until :meth:`provenance` is called. Raises what
        :func:`core.pipeline.extraction.extract` raises, :class:`DecodeTimeout` after
        ``deadline_s`` (fetching the chunks included), :class:`DecoderCrashed`,
        :class:`DecoderOutOfMemory`, and whatever ``chunks`` raises. After all of them but a
        :class:`MediaError` the child has to be killed.
        """
        self._jobs += 1
        cpu_s = deadline_s * usable_cores()
        request = protocol.Request(size, cpu_s, options, keeps_media)
        message = self._child.listen(
            time.monotonic() + deadline_s,
            deadline_s,
            bounds=Bounds.of(options),
            sending=_request_bytes(protocol.encode_request(request), chunks, size),
            check=check,
            on_frame=on_frame,
        )
        answer = protocol.parse_answer(message, options)
        if isinstance(answer, (MediaError, DecoderError)):
            raise answer
        return answer

    def provenance(self, check: Callable[[], None] = lambda: None) -> Provenance | None:
        """What the file that was read last says of its own origin; None when nothing can be told.

        Raises :class:`DecodeTimeout`, :class:`DecoderCrashed` and what ``check`` raises, after
        which the child has to be killed.
        """
        message = self._child.listen(
            time.monotonic() + origin.LIMIT_S,
            origin.LIMIT_S,
            bounds=origin.BOUNDS,
            sending=[protocol.encode_origin_request(protocol.OriginRequest(origin.LIMIT_S))],
            check=check,
        )
        return origin.parse(message)

    def rest(self) -> str | None:
        """Pause it until the next file; why it has to be replaced instead, None when it need not.

        What a hostile file may have left behind in it must not cost the next file anything, nor
        processor time in between. One that has read no file may still be making itself ready.
        """
        if self._jobs:
            self._child.pause()
        resident, threads = self._child.resident_bytes() or 0, self._child.count_threads()
        if self._jobs >= self._config.max_jobs:
            return f"it has read {self._jobs} files"
        if resident > self._config.max_resident_bytes:
            return f"it holds {resident:,} bytes after a file"
        if threads > self._child.max_threads:
            return f"it has {threads:,} threads after a file"
        return None

    def wake(self) -> bool:
        """End its rest, if it has one; False when it died in the meantime."""
        if self._jobs:
            self._child.resume()
        return self._child.alive()

    def end(self) -> None:
        """Kill the process under a thread that waits for its answer; that thread replaces it."""
        self._child.end()

    def replace(self, why: str) -> None:
        """Kill it and log why, with what it said last."""
        last_words = self._child.kill()
        logger.warning("decoder %d is replaced: %s", self.pid, why)
        _log_last_words(self.pid, last_words)

    def close(self) -> None:
        """Kill it, when nobody needs it any more."""
        self._child.kill()


def _log_last_words(pid: int, lines: list[str]) -> None:
    for line in lines:
        logger.warning("decoder %d said: %s", pid, line)


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
