"""Uploads that clients send in several requests, to whichever gateway; their bytes are blobs.

Where an upload stands is in Redis alone. A request claims the upload before it appends, and every
append names its claim and its offset: of two requests that append, the later one goes on and the
earlier one is refused. So no byte is stored twice, also when a gateway has not noticed yet that
its client is gone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from redis import Redis

from core.errors import (
    MediaTooLarge,
    UploadLengthMismatch,
    UploadNotFound,
    UploadOffsetMismatch,
    UploadSuperseded,
    UploadTaken,
)
from core.store.accounts import TenantLimits
from core.store.blobs import CHUNK_BYTES, used_up
from core.store.ids import new_id
from core.store.keys import PREFIX
from core.store.objects import Objects, chunk_in
from core.store.scripts import Scripts

# A line that breaks loses what was not appended yet. 256 KiB cost Redis a quarter more.
PART_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """Where an upload stands; ``length`` is None until its client has told it.

    ``writer`` is the claim under which bytes may be appended.
    """

    id: str
    offset: int
    length: int | None
    expires_at: datetime
    metadata: str
    writer: str

    @property
    def complete(self) -> bool:
        """Whether all bytes are there."""
        return self.offset == self.length


class ResumableStore:
    """Every call may raise a StoreError; a tenant does not see uploads of others.

    ``ttl_s`` is how long an upload stays after its last bytes, and ``max_bytes`` the most that
    one may have.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        ttl_s: float = 3600.0,
        max_bytes: int = 512 * 1024**2,
        max_total_bytes: int = 2 * 1024**3,
        tenant_limits: TenantLimits | None = None,
        objects: Objects | None = None,
        prefix: str = PREFIX,
    ) -> None:
        self._ttl_ms = int(ttl_s * 1000)
        self._max_bytes = max_bytes
        self._limit = max_total_bytes
        self._tenant_limits = tenant_limits or TenantLimits()
        self._objects = objects
        verbs = ("open", "claim", "append", "finish", "discard")
        self._run = Scripts(redis, "upload", verbs, prefix=prefix)

    @property
    def chunk_bytes(self) -> int:
        """How many bytes an append should have: an object is a request to write and to read."""
        return PART_BYTES if self._objects is None else CHUNK_BYTES

    def open(
        self,
        tenant: str,
        *,
        length: int | None = None,
        metadata: str = "",
        upload_id: str | None = None,
    ) -> Upload:
        """Begin an upload, and reserve its bytes where the length is known.

        ``upload_id`` is a new one, for a caller that would discard an upload of which it does not
        hear. Raises MediaTooLarge, and StoreFull or a QuotaError when there is no room.
        """
        if length is not None and length > self._max_bytes:
            raise MediaTooLarge(size=length, limit=self._max_bytes)
        limits, writer = self._tenant_limits, _new_writer()
        upload_id = upload_id or new_id("upload")
        outcome, number = self._run(
            "open",
            upload_id,
            tenant,
            "" if length is None else length,
            self._ttl_ms,
            self._limit,
            limits.bytes_in_flight,
            limits.uploads,
            limits.queued_jobs,
            writer,
            metadata,
            int(self._objects is not None),
        )
        if outcome != b"opened":
            raise used_up(outcome, int(number), length or 0, self._limit, limits)
        return Upload(upload_id, 0, length, _instant(number), metadata, writer)

    def claim(
        self, upload_id: str, tenant: str, *, offset: int | None = None, length: int | None = None
    ) -> Upload:
        """Where the upload stands, which stays so until this claim appends or another is made.

        ``offset`` is where the client wants to go on and ``length`` what it says of the whole:
        raises UploadOffsetMismatch or UploadLengthMismatch when they are others, UploadTaken
        when a job has the upload, and UploadNotFound.
        """
        if length is not None and length > self._max_bytes:
            raise MediaTooLarge(size=length, limit=self._max_bytes)
        writer = _new_writer()
        told = ["" if value is None else value for value in (offset, length)]
        outcome, *rest = self._run("claim", upload_id, tenant, writer, *told)
        if outcome == b"offset":
            raise UploadOffsetMismatch(upload_id, offset=int(rest[0]))
        _raise_for(outcome, rest, upload_id)
        size, known, expiry_ms, metadata = rest
        return Upload(
            id=upload_id,
            offset=int(size),
            length=int(known) if known else None,
            expires_at=_instant(expiry_ms),
            metadata=metadata.decode(),
            writer=writer,
        )

    def append(self, upload: Upload, chunk: bytes) -> Upload:
        """Add bytes at the offset; raises UploadSuperseded when the claim is not the last one.

        Raises UploadLengthMismatch or MediaTooLarge for more bytes than there may be, and
        StoreFull or TooManyBytes when there is no room.
        """
        if not chunk:
            return upload
        limits = (self._limit, self._tenant_limits.bytes_in_flight)
        place = (upload.id, upload.writer, upload.offset)
        size = upload.offset + len(chunk)
        with chunk_in(self._objects, upload.id, chunk) as kept:
            outcome, *rest = self._run(
                "append", *place, kept, len(chunk), self._ttl_ms, self._max_bytes, *limits
            )
            if outcome == b"length" and upload.length is None:
                raise MediaTooLarge(size=size, limit=self._max_bytes)
            if outcome in (b"full", b"bytes"):
                raise used_up(outcome, int(rest[0]), len(chunk), self._limit, self._tenant_limits)
            _raise_for(outcome, rest, upload.id)
        return replace(upload, offset=size, expires_at=_instant(rest[0]))

    def finish(self, upload: Upload) -> Upload:
        """Say that nothing comes after what is there; raises UploadLengthMismatch."""
        outcome, *rest = self._run("finish", upload.id, upload.writer)
        _raise_for(outcome, rest, upload.id)
        return replace(upload, length=upload.offset)

    def discard(self, upload_id: str, tenant: str) -> None:
        """Forget the upload and its bytes; raises UploadNotFound, also once a job has it."""
        if not self._run("discard", upload_id, tenant):
            raise UploadNotFound(upload_id)


def _raise_for(outcome: bytes, rest: list[Any], upload_id: str) -> None:
    if outcome == b"missing":
        raise UploadNotFound(upload_id)
    if outcome == b"taken":
        raise UploadTaken(upload_id, job_id=rest[0].decode())
    if outcome == b"superseded":
        raise UploadSuperseded(upload_id)
    if outcome == b"length":
        raise UploadLengthMismatch(upload_id, length=int(rest[0]))


def _new_writer() -> str:
    return secrets.token_hex(8)


def _instant(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(int(epoch_ms) / 1000, UTC)
