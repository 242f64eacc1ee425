from __future__ import annotations

import asyncio
import hashlib

import pytest

from api.offload import Offload
from api.upload.blob import IncomingBlob, incoming
from core.errors import BlobMissing, EmptyMedia, MediaTooLarge, StoreUnavailable
from core.store.blobs import RedisBlobStore
from core.store.records import MediaRef
from tests.api.gateway import MP4


def written(
    blobs: RedisBlobStore, *data: bytes, taken: bool = False, fault: Exception | None = None
) -> MediaRef:
    async def write() -> MediaRef:
        offload = Offload(threads=2, limit_s=5)
        try:
            async with incoming(blobs, offload, tenant="local", limit_bytes=20_000) as blob:
                media = await _fill(blob, data)
                blob.taken = taken
                if fault is not None:
                    raise fault
        finally:
            await offload.close()
        return media

    return asyncio.run(write())


async def _fill(blob: IncomingBlob, data: tuple[bytes, ...]) -> MediaRef:
    for piece in data:
        await blob.write(piece)
    return await blob.finish()


def test_a_blob_that_a_job_took_stays(blobs: RedisBlobStore) -> None:
    media = written(blobs, MP4[:100], MP4[100:], taken=True)
    assert b"".join(blobs.read(media.blob_id)) == MP4
    assert (media.size, media.sha256) == (len(MP4), hashlib.sha256(MP4).hexdigest())


def test_a_blob_that_no_job_took_is_discarded(blobs: RedisBlobStore) -> None:
    written(blobs, MP4)
    assert blobs.usage().used == 0


@pytest.mark.parametrize("fault", [RuntimeError("any"), asyncio.CancelledError()])
def test_a_blob_is_discarded_whatever_goes_wrong(blobs: RedisBlobStore, fault: Exception) -> None:
    with pytest.raises(type(fault)):
        written(blobs, MP4, fault=fault)
    assert blobs.usage().used == 0


def test_a_store_that_lost_the_bytes_is_away_and_the_upload_may_come_again(
    blobs: RedisBlobStore,
) -> None:
    with pytest.raises(StoreUnavailable, match="send it again") as caught:
        written(blobs, MP4, fault=BlobMissing("blob_1"))
    assert caught.value.retryable


def test_a_blob_that_grows_beyond_its_limit_is_discarded(blobs: RedisBlobStore) -> None:
    with pytest.raises(MediaTooLarge, match="the limit is 20,000 bytes"):
        written(blobs, MP4, MP4, MP4)
    assert blobs.usage().used == 0


def test_an_empty_file_is_never_stored(blobs: RedisBlobStore) -> None:
    with pytest.raises(EmptyMedia):
        written(blobs)


def test_a_slow_client_keeps_its_upload_alive_with_parts_of_chunks(
    blobs: RedisBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.upload.blob.KEEP_S", 0.0)
    media = written(blobs, MP4[:5000], MP4[5000:6000], MP4[6000:], taken=True)
    assert [len(chunk) for chunk in blobs.read(media.blob_id)][:2] == [5000, 1000]
    assert b"".join(blobs.read(media.blob_id)) == MP4
