"""The bytes of uploads on their way from the gateway to a worker; they never touch a disk."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from redis import Redis

from core.errors import BlobMissing, StoreFull
from core.store.connection import store_errors
from core.store.scripts import load_script

CHUNK_BYTES: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes of all uploads in flight, and the most that they may be."""

    used: int
    limit: int


class BlobStore(Protocol):
    """Append-only byte strings; every call may raise StoreUnavailable.

    A blob is an upload under way until a job is created for it. From then on it lives and
    ends with that job: see :class:`core.store.jobs.JobStore`.
    """

    def open(self, blob_id: str) -> None:
        """Begin an empty blob; raises StoreFull when the bound is reached already."""

    def append(self, blob_id: str, chunk: bytes) -> None:
        """Add bytes; raises StoreFull beyond the bound, BlobMissing once they are gone."""

    def size(self, blob_id: str) -> int:
        """Bytes so far; raises BlobMissing."""

    def read(self, blob_id: str) -> Iterator[bytes]:
        """The chunks in order, one in memory at a time; raises BlobMissing."""

    def discard(self, blob_id: str) -> None:
        """Forget the bytes, unless a job has taken them over; unknown ids are fine."""

    def usage(self) -> Usage:
        """What all blobs hold now."""


def new_blob_id() -> str:
    """A name that cannot be guessed."""
    return f"blob_{secrets.token_hex(16)}"


class RedisBlobStore:
    """Blobs as Redis lists of chunks, with one account of all bytes in flight.

    ``upload_ttl_s`` is how long an upload under way stays after its last chunk; it should
    not be less than the longest pause between two chunks.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        upload_ttl_s: float = 3600.0,
        max_total_bytes: int = 2 * 1024**3,
        prefix: str = "df:",
    ) -> None:
        self._redis = redis
        self._ttl_ms = int(upload_ttl_s * 1000)
        self._limit = max_total_bytes
        self._prefix = prefix
        self._append = redis.register_script(load_script("blob_append"))
        self._discard = redis.register_script(load_script("blob_discard"))

    def open(self, blob_id: str) -> None:
        self._write(blob_id, b"", opening=True)

    def append(self, blob_id: str, chunk: bytes) -> None:
        if chunk:
            self._write(blob_id, chunk, opening=False)

    @store_errors()
    def _write(self, blob_id: str, chunk: bytes, *, opening: bool) -> None:
        arguments: list[str | bytes | int] = [
            self._prefix,
            blob_id,
            chunk,
            int(opening),
            self._ttl_ms,
            self._limit,
        ]
        outcome, used = self._append(args=arguments)
        if outcome == b"missing":
            raise BlobMissing(blob_id)
        if outcome == b"full":
            raise StoreFull(used=int(used), limit=self._limit)

    @store_errors()
    def size(self, blob_id: str) -> int:
        size = self._redis.hget(f"{self._prefix}blob-sizes", blob_id)
        if size is None or not self._redis.exists(self._key(blob_id)):
            raise BlobMissing(blob_id)
        return int(size)

    def read(self, blob_id: str) -> Iterator[bytes]:
        with store_errors():
            chunks = int(self._redis.llen(self._key(blob_id)))
        if chunks == 0:
            raise BlobMissing(blob_id)
        for index in range(chunks):
            with store_errors():
                chunk = self._redis.lindex(self._key(blob_id), index)
            if not isinstance(chunk, bytes):
                raise BlobMissing(blob_id)
            yield chunk

    @store_errors()
    def discard(self, blob_id: str) -> None:
        self._discard(args=[self._prefix, blob_id])

    @store_errors()
    def usage(self) -> Usage:
        used = self._redis.get(f"{self._prefix}blob-bytes")
        return Usage(used=int(used or 0), limit=self._limit)

    def _key(self, blob_id: str) -> str:
        return f"{self._prefix}blob:{blob_id}"
