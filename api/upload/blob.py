"""An upload on its way into the blob store, in constant memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from time import monotonic

from api.offload import Offload
from core.errors import BlobMissing, MediaTooLarge, StoreUnavailable
from core.media.sniff import HEAD_BYTES, Format, sniff
from core.store.blobs import CHUNK_BYTES, KEEP_S, BlobStore, new_blob_id
from core.store.records import MediaRef


class IncomingBlob:
    """Sniffs, counts, hashes and stores; holds about one chunk of 1 MiB.

    Nothing is stored before the first bytes are known to be media. Set ``taken`` once a job
    owns the bytes; see :func:`incoming`.
    """

    def __init__(
        self,
        blobs: BlobStore,
        offload: Offload,
        *,
        tenant: str,
        limit_bytes: int,
        expected_bytes: int | None = None,
    ) -> None:
        self.id = new_blob_id()
        self.taken = False
        self._blobs = blobs
        self._offload = offload
        self._tenant = tenant
        self._limit = limit_bytes
        self._expected = expected_bytes
        self._hash = sha256()
        self._size = 0
        self._pending = bytearray()
        self._format: Format | None = None
        self._stored_at = monotonic()

    @property
    def stored(self) -> bool:
        """Whether the store was asked to keep anything."""
        return self._format is not None

    async def write(self, data: bytes) -> None:
        """Take some bytes; raises UnsupportedMedia, MediaTooLarge or a StoreError."""
        self._size += len(data)
        if self._size > self._limit:
            raise MediaTooLarge(size=self._size, limit=self._limit)
        self._pending += data
        if self._format is None and len(self._pending) >= HEAD_BYTES:
            await self._open()
        while len(self._pending) >= CHUNK_BYTES:
            await self._store(CHUNK_BYTES)
        if self.stored and self._pending and monotonic() - self._stored_at >= KEEP_S:
            await self._store(len(self._pending))

    async def finish(self) -> MediaRef:
        """Store the rest; raises EmptyMedia or UnsupportedMedia for a file without a head."""
        form = self._format or await self._open()
        await self._store(len(self._pending))
        return MediaRef(self.id, self._hash.hexdigest(), self._size, form.kind.value, form.name)

    async def _open(self) -> Format:
        self._format = sniff(bytes(self._pending[:HEAD_BYTES]))
        await self._offload(
            self._blobs.open, self.id, tenant=self._tenant, expected_bytes=self._expected
        )
        return self._format

    async def _store(self, size: int) -> None:
        chunk = bytes(self._pending[:size])
        del self._pending[:size]
        await self._offload(self._append, chunk)
        self._stored_at = monotonic()

    def _append(self, chunk: bytes) -> None:
        self._blobs.append(self.id, chunk)  # first: what is refused may be tried again
        self._hash.update(chunk)  # in the thread: 1 MiB takes about 1 ms


@asynccontextmanager
async def incoming(
    blobs: BlobStore,
    offload: Offload,
    *,
    tenant: str,
    limit_bytes: int,
    expected_bytes: int | None = None,
) -> AsyncIterator[IncomingBlob]:
    """A new blob, which is discarded when the context ends, unless a job has taken it.

    The expected bytes are reserved before the first is stored: an upload that cannot fit is
    refused then, and not half-way.

    It is discarded in the background, so that nobody waits for it. Raises StoreUnavailable when
    the store has lost the bytes meanwhile.
    """
    blob = IncomingBlob(
        blobs, offload, tenant=tenant, limit_bytes=limit_bytes, expected_bytes=expected_bytes
    )
    try:
        yield blob
    except BlobMissing as error:
        raise StoreUnavailable("The store lost a part of this upload; send it again.") from error
    finally:
        if blob.stored and not blob.taken:
            offload.chore(partial(blobs.discard, blob.id))
