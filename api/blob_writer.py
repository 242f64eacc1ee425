"""One upload on its way into the blob store, in constant memory."""

from __future__ import annotations

from functools import partial
from hashlib import sha256

from api.offload import Offload
from core.errors import MediaTooLarge
from core.media.sniff import HEAD_BYTES, Format, sniff
from core.store.blobs import CHUNK_BYTES, BlobStore, new_blob_id
from core.store.jobs import MediaRef


class BlobWriter:
    """Sniffs, counts, hashes and stores; holds about one chunk of 1 MiB.

    Nothing is stored before the first bytes are known to be media.
    """

    def __init__(self, blobs: BlobStore, offload: Offload, *, limit_bytes: int) -> None:
        self._blobs = blobs
        self._offload = offload
        self._limit = limit_bytes
        self._id = new_blob_id()
        self._hash = sha256()
        self._size = 0
        self._pending = bytearray()
        self._format: Format | None = None

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

    async def close(self) -> MediaRef:
        """Store the rest; raises EmptyMedia or UnsupportedMedia for a file without a head."""
        form = self._format or await self._open()
        await self._store(len(self._pending))
        return MediaRef(self._id, self._hash.hexdigest(), self._size, form.kind.value, form.name)

    def discard(self) -> None:
        """Forget what was stored, in the background, unless a job has it."""
        if self._format is not None:
            self._offload.chore(partial(self._blobs.discard, self._id))

    async def _open(self) -> Format:
        form = sniff(bytes(self._pending[:HEAD_BYTES]))
        await self._offload(self._blobs.open, self._id)
        self._format = form
        return form

    async def _store(self, size: int) -> None:
        chunk = bytes(self._pending[:size])
        del self._pending[:size]
        await self._offload(self._append, chunk)

    def _append(self, chunk: bytes) -> None:
        self._hash.update(chunk)  # in the thread: 1 MiB takes about 1 ms
        self._blobs.append(self._id, chunk)
