"""The bytes of uploads on their way from the gateway to a worker: in Redis, or in objects."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from redis import Redis

from core.errors import (
    BlobMissing,
    StoreFull,
    StoreUnavailable,
    TooManyBytes,
    TooManyJobs,
    TooManyUploads,
)
from core.store.accounts import Account, TenantLimits
from core.store.connection import store_errors
from core.store.keys import PREFIX, Key
from core.store.objects import SETTING, Objects, chunk_in
from core.store.scripts import Scripts

CHUNK_BYTES: Final = 1024**2
# After so long a part of a chunk is appended too: it lets the upload of a slow client live on, so
# that those of a gateway that died can end soon.
KEEP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes that all uploads in flight hold or have reserved, and the most that they may be."""

    used: int
    limit: int


class BlobStore(Protocol):
    """Append-only byte strings; every call may raise StoreUnavailable.

    A blob is an upload under way until a job is created for it. From then on it lives and
    ends with that job: see :class:`core.store.jobs.JobStore`.
    """

    def open(self, blob_id: str, *, tenant: str, expected_bytes: int | None = None) -> None:
        """Begin an upload of ``tenant`` and reserve the bytes that it is expected to have.

        What is reserved beyond what was stored is released when a job takes the upload over.
        Raises StoreFull when the bytes do not fit, and a QuotaError when the tenant has as
        many bytes, uploads or waiting jobs as it may.
        """

    def append(self, blob_id: str, chunk: bytes) -> None:
        """Add bytes, and let the upload live on.

        Raises BlobMissing once it is gone, and StoreFull or TooManyBytes beyond what was
        reserved and what is free.
        """

    def size(self, blob_id: str) -> int:
        """Bytes so far; raises BlobMissing."""

    def read(self, blob_id: str) -> Iterator[bytes]:
        """The chunks in order, one in memory at a time; raises BlobMissing."""

    def discard(self, blob_id: str) -> None:
        """Forget the bytes, unless a job has taken them over; unknown ids are fine."""

    def usage(self) -> Usage:
        """What all blobs hold now."""

    def account(self, tenant: str) -> Account:
        """What one tenant has now."""


def new_blob_id() -> str:
    """A name that cannot be guessed."""
    return f"blob_{secrets.token_hex(16)}"


def used_up(
    what: bytes, used: int, wanted: int, limit: int, limits: TenantLimits
) -> StoreFull | TooManyBytes | TooManyUploads | TooManyJobs:
    """The error for what a script says is used up; ``limit`` is that of all bytes."""
    if what == b"full":
        return StoreFull(used=used, limit=limit, wanted=wanted)
    if what == b"bytes":
        return TooManyBytes(used=used, limit=limits.bytes_in_flight, wanted=wanted)
    if what == b"uploads":
        return TooManyUploads(used=used, limit=limits.uploads)
    return TooManyJobs(used=used, limit=limits.queued_jobs)


class RedisBlobStore:
    """Blobs as Redis lists of chunks, with exact accounts of all bytes in flight.

    With ``objects`` the lists hold names of objects, where the bytes are.

    ``upload_ttl_s`` is how long an upload under way stays after its last chunk, and so how
    long a gateway that died keeps its tenants' places taken; it should not be less than the
    longest pause between two chunks.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        upload_ttl_s: float = 3600.0,
        max_total_bytes: int = 2 * 1024**3,
        tenant_limits: TenantLimits | None = None,
        objects: Objects | None = None,
        prefix: str = PREFIX,
    ) -> None:
        # Any: redis-py's answers are unions over decode_responses, which connect() never sets.
        self._redis: Any = redis
        self._ttl_ms = int(upload_ttl_s * 1000)
        self._limit = max_total_bytes
        self._tenant_limits = tenant_limits or TenantLimits()
        self._objects = objects
        self._prefix = prefix
        self._run = Scripts(redis, "blob", ("open", "append", "discard", "usage"), prefix=prefix)

    def open(self, blob_id: str, *, tenant: str, expected_bytes: int | None = None) -> None:
        limits, reserved = self._tenant_limits, expected_bytes or 0
        outcome, *used = self._run(
            "open",
            blob_id,
            tenant,
            reserved,
            self._ttl_ms,
            self._limit,
            limits.bytes_in_flight,
            limits.uploads,
            limits.queued_jobs,
            int(self._objects is not None),
        )
        if used:
            raise used_up(outcome, int(used[0]), reserved, self._limit, limits)

    def append(self, blob_id: str, chunk: bytes) -> None:
        if not chunk:
            return
        limits = self._tenant_limits
        most = (self._limit, limits.bytes_in_flight)
        with chunk_in(self._objects, blob_id, chunk) as kept:
            outcome, *used = self._run("append", blob_id, kept, len(chunk), self._ttl_ms, *most)
            if outcome == b"missing":
                raise BlobMissing(blob_id)
            if used:
                raise used_up(outcome, int(used[0]), len(chunk), self._limit, limits)

    @store_errors()
    def size(self, blob_id: str) -> int:
        size = self._redis.hget(Key.UPLOAD.at(blob_id, prefix=self._prefix), "size")
        if size is None or not self._redis.exists(self._chunks(blob_id)):
            raise BlobMissing(blob_id)
        return int(size)

    def read(self, blob_id: str) -> Iterator[bytes]:
        objects = self._where(blob_id)
        with store_errors():
            chunks = int(self._redis.llen(self._chunks(blob_id)))
        if chunks == 0:
            raise BlobMissing(blob_id)
        for index in range(chunks):
            with store_errors():
                chunk = self._redis.lindex(self._chunks(blob_id), index)
            if not isinstance(chunk, bytes):
                raise BlobMissing(blob_id)
            yield chunk if objects is None else objects.get(chunk.decode())

    def _where(self, blob_id: str) -> Objects | None:
        """Where the bytes of this blob are, which another setting may have put there."""
        with store_errors():
            named = self._redis.hget(Key.UPLOAD.at(blob_id, prefix=self._prefix), "objects")
        if named is None:
            return None
        if self._objects is None:
            raise StoreUnavailable(
                f"The bytes of {blob_id} are in an object store; "
                f"set {SETTING} here as in the gateway."
            )
        return self._objects

    def discard(self, blob_id: str) -> None:
        self._run("discard", blob_id)

    def usage(self) -> Usage:
        return Usage(used=int(self._run("usage", "")[0]), limit=self._limit)

    def account(self, tenant: str) -> Account:
        _, in_flight, uploads, queued = self._run("usage", tenant)
        return Account(uploads=uploads, bytes_in_flight=in_flight, queued_jobs=queued)

    def _chunks(self, blob_id: str) -> str:
        return Key.CHUNKS.at(blob_id, prefix=self._prefix)
