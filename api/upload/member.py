"""The files of a batch, one after the other, as their bytes arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from api.http.problems import BatchTooLarge
from core.printable import printable

MAX_NAME: Final = 255  # characters that are kept of a file's name


@dataclass(frozen=True, slots=True)
class Begin:
    """Here a file begins; what follows are its bytes, up to an End."""

    name: str


@dataclass(frozen=True, slots=True)
class End:
    """Here it ends."""


class Allowance:
    """How many bytes one batch may have, as they are received and as they are unpacked."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._spent = 0

    def spend(self, size: int) -> None:
        """Raises BatchTooLarge."""
        self._spent += size
        if self._spent > self._limit:
            raise BatchTooLarge(limit=self._limit)


Piece = Begin | bytes | End


class Member:
    """One file. Its name is shown to its sender, and never used as a path.

    The next one can be had when this one was read to its end; :meth:`skip` does that.
    """

    def __init__(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        self.name = printable(name, MAX_NAME)
        self.most_bytes: int | None = None
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._chunks

    async def skip(self) -> None:
        """Read what is left, and forget it."""
        async for _ in self._chunks:
            pass


async def members_of(pieces: AsyncIterator[Piece]) -> AsyncIterator[Member]:
    """Group pieces into files."""
    async for piece in pieces:
        if isinstance(piece, Begin):
            yield Member(piece.name, _until_end(pieces))


async def _until_end(pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        if isinstance(piece, End):
            return
        if isinstance(piece, bytes) and piece:
            yield piece


async def with_head(chunks: AsyncIterator[bytes], size: int) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first ``size`` bytes, or all where there are fewer, and all of the bytes again."""
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= size:
            break
    return bytes(head[:size]), _chained(bytes(head), chunks)


async def _chained(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if head:
        yield head
    async for chunk in rest:
        yield chunk
