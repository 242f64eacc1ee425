"""The bytes of a job's upload, on their way to a decoder."""

from __future__ import annotations

import time
from collections.abc import Iterator

from core.errors import BlobMissing
from core.store.blobs import BlobStore
from core.store.records import Job


class Fetch:
    """Reads a job's upload and notes how long that took."""

    def __init__(self, blobs: BlobStore, job: Job) -> None:
        self._blobs = blobs
        self._media = job.media
        self.elapsed_ms = 0.0

    def chunks(self) -> Iterator[bytes]:
        """The bytes, exactly as many as were uploaded; raises :class:`BlobMissing`."""
        self.elapsed_ms, sent = 0.0, 0
        started = time.perf_counter()
        for chunk in self._blobs.read(self._media.blob_id):
            self.elapsed_ms += (time.perf_counter() - started) * 1000
            sent += len(chunk)
            yield chunk
            started = time.perf_counter()
        if sent != self._media.size:
            raise BlobMissing(self._media.blob_id)
