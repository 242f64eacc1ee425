"""A ZIP archive as it arrives: its files one after the other, in constant memory.

The archive is unpacked in a thread, which asks the event loop for the next bytes of the body.
Nothing is written anywhere, and no name in the archive is used as a path.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from stream_unzip import (
    MissingPasswordError,
    NotStreamUnzippable,
    TruncatedDataError,
    UnsupportedFeatureError,
    UnzipError,
    stream_unzip,
)

from api.http.problems import ArchiveRefused
from api.upload.member import Allowance, Member

MAGIC: Final = b"PK\x03\x04"
MAX_ENTRIES: Final = 10_000  # folders and what is skipped among them
MAX_RATIO: Final = 100  # of unpacked bytes to packed ones; films and photos hardly shrink
FREE_BYTES: Final = 32 * 1024**2  # unpacked, before the ratio counts
_AT_ONCE: Final = 256 * 1024  # unpacked, in one step of the thread

T = TypeVar("T")


class Archive:
    """The files of one archive, whose unpacked bytes are taken from an allowance."""

    def __init__(self, chunks: AsyncIterator[bytes], allowance: Allowance) -> None:
        self._chunks = chunks
        self._allowance = allowance
        self._packed = self._unpacked = self._entries = 0

    async def __aiter__(self) -> AsyncIterator[Member]:
        """Raises ArchiveRefused for what is no archive, is damaged, encrypted or a bomb."""
        entries = stream_unzip(self._pull())
        while (entry := await _in_thread(entries)) is not None:
            self._count_entry()
            name = _text(entry[0])
            member = Member(name, self._unpack(entry[2]))
            if not _is_beside(name):
                yield member
            await member.skip()

    def _pull(self) -> Iterator[bytes]:
        """In the thread: the next bytes of the body."""
        while chunk := anyio.from_thread.run(self._next_chunk):
            self._packed += len(chunk)
            yield chunk

    async def _next_chunk(self) -> bytes:
        async for chunk in self._chunks:
            if chunk:
                return chunk
        return b""

    async def _unpack(self, data: Iterator[bytes]) -> AsyncIterator[bytes]:
        while some := await _in_thread(self._gathered(data)):
            self._unpacked += len(some)
            self._allowance.spend(len(some))
            yield some

    def _gathered(self, data: Iterator[bytes]) -> Iterator[bytes]:
        """In the thread: about _AT_ONCE bytes, so that few steps are needed."""
        some = bytearray()
        for chunk in data:
            some += chunk
            self._check_ratio(self._unpacked + len(some))
            if len(some) >= _AT_ONCE:
                break
        yield bytes(some)

    def _check_ratio(self, unpacked: int) -> None:
        if unpacked > max(FREE_BYTES, MAX_RATIO * self._packed):
            raise ArchiveRefused(
                f"The ZIP archive unpacks to more than {MAX_RATIO} times its size "
                f"({unpacked:,} bytes of {self._packed:,}); send its files by themselves."
            )

    def _count_entry(self) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise ArchiveRefused(
                f"The ZIP archive has more than {MAX_ENTRIES:,} entries, which is the limit."
            )


async def _in_thread(steps: Iterator[T]) -> T | None:
    """The next of ``steps``, None at the end; raises ArchiveRefused."""
    try:
        return await anyio.to_thread.run_sync(_next, steps, limiter=anyio.CapacityLimiter(1))
    except UnzipError as error:
        raise ArchiveRefused(_sentence(error)) from error


def _next(steps: Iterator[T]) -> T | None:
    return next(steps, None)


def _sentence(error: UnzipError) -> str:
    if isinstance(error, MissingPasswordError):
        return "The ZIP archive is encrypted; send it without a password."
    if isinstance(error, NotStreamUnzippable):
        return (
            "The ZIP archive stores a file without telling its size before it, so it cannot be "
            "read as it comes; make it with sizes in its local headers, or with compression."
        )
    if isinstance(error, TruncatedDataError):
        return "The ZIP archive ends too early; send all of it."
    if isinstance(error, UnsupportedFeatureError):
        return (
            "The ZIP archive uses a feature that is not read here; use Deflate or no compression."
        )
    return f"The ZIP archive is damaged ({type(error).__name__}); make it anew."


def _text(name: Any) -> str:
    try:
        return str(name, "utf-8")
    except UnicodeDecodeError:
        return str(name, "cp437")


def _is_beside(name: str) -> bool:
    """A folder, or what macOS adds."""
    file_name = name.rpartition("/")[2]
    return file_name in ("", ".DS_Store") or name.startswith("__MACOSX/")
