"""One decoder process, seen from the worker: started, fed, listened to, killed, reaped."""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from core.errors import DecoderCrashed, DecoderError, DecodeTimeout
from core.exit_codes import describe_exit
from worker.decoder.last_words import LastWords
from worker.decoder.protocol import Bounds, Message, MessageReader

logger = logging.getLogger(__name__)

PIPE_BYTES = 1024**2  # the default of 64 KiB costs 16 times the wake-ups
READ_BYTES = 64 * 1024
TICK_S = 0.25  # how often a waiting caller looks whether its job was canceled
REAP_S = 5.0


class Child:
    """A child process that answers one request at a time; used by one thread at a time."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], *, max_threads: int
    ) -> None:
        # A session of its own: Ctrl-C in a terminal must reach the worker, which drains,
        # and not the decoder that the drain waits for.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            close_fds=True,
            start_new_session=True,
            bufsize=0,
        )
        self._stdin, self._stdout = _pipe(self._process.stdin), _pipe(self._process.stdout)
        for stream in (self._stdin, self._stdout):
            os.set_blocking(stream.fileno(), False)
            _widen(stream)
        self._last_words = LastWords(_pipe(self._process.stderr), self.pid)
        self.max_threads = max_threads

    @property
    def pid(self) -> int:
        return self._process.pid

    def listen(
        self,
        deadline: float,
        limit_s: float,
        *,
        bounds: Bounds,
        sending: Iterable[bytes] = (),
        check: Callable[[], None] = lambda: None,
        on_frame: Callable[[int], None] = lambda _: None,
    ) -> Message:
        """Send what there is to send and return the next message, which is within ``bounds``.

        ``deadline`` is a ``time.monotonic()`` value, ``limit_s`` what it stands for in the
        error. ``check`` is called several times a second and may raise; ``on_frame`` hears how
        many frames are done. Raises :class:`DecodeTimeout` and :class:`DecoderCrashed`; after
        any exception the child is in the middle of something and has to be killed.
        """
        reader, outgoing = MessageReader(bounds, on_frame), _Outgoing(self._stdin, sending)
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            watched = 0.0
            while True:
                check()
                now = time.monotonic()
                if now >= deadline:
                    raise DecodeTimeout(limit_s=limit_s)
                if now >= watched + TICK_S:
                    self._check_threads()
                    watched = now
                for key, _ in selector.select(min(deadline - now, TICK_S)):
                    if key.fileobj is self._stdin:
                        if not outgoing.advance():
                            selector.unregister(self._stdin)
                    elif message := reader.feed(self._read(limit_s)):
                        outgoing.expect_end()
                        return message

    def _check_threads(self) -> None:
        """Raise :class:`DecoderCrashed` when the child has more threads than decoding needs."""
        threads = self.count_threads()
        if threads > self.max_threads:
            raise DecoderCrashed(
                f"The decoder has {threads:,} threads; the limit is {self.max_threads:,}."
            )

    def count_threads(self) -> int:
        """0 when the platform or the child cannot say. See proc_pid_stat(5), field 20."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return 0
        return int(stat.rpartition(")")[2].split()[17])

    def _read(self, limit_s: float) -> bytes:
        try:
            data = os.read(self._stdout.fileno(), READ_BYTES)
        except BlockingIOError:  # woken for nothing
            return b""
        if not data:
            raise self._death(limit_s)
        return data

    def _death(self, limit_s: float) -> DecoderError:
        """What the end of the child's output means."""
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return DecoderCrashed("The decoder closed its output.")
        if code == -signal.SIGXCPU:  # its processor time follows from the limit
            return DecodeTimeout(limit_s=limit_s)
        return DecoderCrashed(f"The decoder {describe_exit(code)}.")

    def resident_bytes(self) -> int | None:
        """Memory that the child holds; None when the platform or the child cannot say."""
        try:
            statm = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        except OSError:
            return None
        return int(statm.split()[1]) * resource.getpagesize()

    def alive(self) -> bool:
        return self._process.poll() is None

    def pause(self) -> None:
        """Stop it where it is: it takes no processor time, starts no thread and says nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Kill it while another thread listens, which then learns of it and reaps it."""
        self._process.kill()

    def kill(self) -> list[str]:
        """Kill, reap and close; the last lines that it wrote to stderr. Harmless when repeated."""
        self._process.kill()
        try:
            self._process.wait(timeout=REAP_S)
        except subprocess.TimeoutExpired:
            logger.critical("decoder %d survives SIGKILL; the kernel holds it", self.pid)
        for stream in (self._stdin, self._stdout):
            stream.close()
        return self._last_words.finish()


class _Outgoing:
    """Feeds chunks into a non-blocking pipe and holds no more than one of them."""

    def __init__(self, pipe: IO[bytes], chunks: Iterable[bytes]) -> None:
        self._pipe = pipe
        self._chunks = iter(chunks)
        self._pending = memoryview(b"")

    def advance(self) -> bool:
        """Write what the pipe takes; False when there is no more to write."""
        while not self._pending:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._pending = memoryview(chunk)
        try:
            written = os.write(self._pipe.fileno(), self._pending)
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False  # it died; the end of its output will say how
        self._pending = self._pending[written:]
        return True

    def expect_end(self) -> None:
        """Raise :class:`DecoderCrashed` when there is something left to write."""
        if self._pending or any(self._chunks):
            raise DecoderCrashed("The decoder answered before it had read the file.")


def _pipe(stream: IO[Any] | None) -> IO[bytes]:
    return cast("IO[bytes]", stream)  # never None: all three were asked for


def _widen(stream: IO[bytes]) -> None:
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(stream.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except OSError as error:  # the user's allowance for pipes is spent
            logger.debug("pipe stays at its default size: %s", error)
