"""The body of a request, appended to an upload in chunks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import monotonic

from api.gateway import Gateway
from api.http.problems import MalformedRequest, UploadTimeout
from core.store.blobs import KEEP_S
from core.store.resumable import Upload


async def append_all(gateway: Gateway, upload: Upload, body: AsyncIterator[bytes]) -> Upload:
    """Store what comes; where the upload stands afterwards.

    When the client stops or goes away, what has come so far is stored too before the error goes
    on, so that it need not be sent again.
    """
    chunks = _Chunks(gateway, upload)
    try:
        async for data in body:
            await chunks.add(data)
    except (MalformedRequest, UploadTimeout):
        await chunks.flush()
        raise
    await chunks.flush()
    return chunks.upload


class _Chunks:
    """Holds about a chunk back, so that the store gets few and large ones."""

    def __init__(self, gateway: Gateway, upload: Upload) -> None:
        self.upload = upload
        self._gateway = gateway
        self._chunk_bytes = gateway.uploads.chunk_bytes
        self._pending = bytearray()
        self._stored_at = monotonic()

    async def add(self, data: bytes) -> None:
        """Take some bytes; raises an UploadError or a StoreError."""
        self._pending += data
        while len(self._pending) >= self._chunk_bytes:
            await self._store(self._chunk_bytes)
        if self._pending and monotonic() - self._stored_at >= KEEP_S:
            await self.flush()

    async def flush(self) -> None:
        """Store what was held back."""
        if self._pending:
            await self._store(len(self._pending))

    async def _store(self, size: int) -> None:
        chunk = bytes(self._pending[:size])
        del self._pending[:size]
        self.upload = await self._gateway.store(self._gateway.uploads.append, self.upload, chunk)
        self._stored_at = monotonic()
