from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from core.errors import (
    BlobMissing,
    MediaTooLarge,
    StoreFull,
    TooManyBytes,
    TooManyUploads,
    UploadLengthMismatch,
    UploadNotFound,
    UploadOffsetMismatch,
    UploadSuperseded,
    UploadTaken,
)
from core.store.accounts import Account, TenantLimits
from core.store.blobs import RedisBlobStore
from core.store.jobs import JobStore
from core.store.records import Job, MediaRef
from core.store.resumable import ResumableStore


def job_of(upload_id: str, size: int, tenant: str = "t") -> Job:
    media = MediaRef(upload_id, sha256="ab" * 32, size=size, kind="video", container="mp4")
    return Job.new(media=media, tenant=tenant)


def test_bytes_are_appended_where_the_upload_stands(redis: Redis) -> None:
    uploads, blobs = ResumableStore(redis), RedisBlobStore(redis)
    upload = uploads.open("t", length=5, metadata="filename YQ==")
    upload = uploads.append(upload, b"abc")
    later = uploads.claim(upload.id, "t", offset=3)
    assert (later.offset, later.length, later.complete) == (3, 5, False)
    assert later.metadata == "filename YQ=="
    assert uploads.append(later, b"de").complete
    assert b"".join(blobs.read(upload.id)) == b"abcde"


def test_only_the_last_claim_appends(redis: Redis) -> None:
    uploads, blobs = ResumableStore(redis), RedisBlobStore(redis)
    first = uploads.append(uploads.open("t", length=9), b"abc")
    second = uploads.claim(first.id, "t")
    with pytest.raises(UploadSuperseded):
        uploads.append(first, b"XYZ")
    with pytest.raises(UploadSuperseded):
        uploads.finish(first)
    second = uploads.append(second, b"def")
    assert b"".join(blobs.read(first.id)) == b"abcdef"
    assert uploads.claim(first.id, "t").offset == second.offset == 6


def test_one_claim_cannot_append_twice_at_one_offset(redis: Redis) -> None:
    uploads = ResumableStore(redis)
    upload = uploads.open("t")
    uploads.append(upload, b"abc")
    with pytest.raises(UploadSuperseded):
        uploads.append(upload, b"abc")


def test_a_claim_at_another_offset_tells_the_true_one_and_stops_nobody(redis: Redis) -> None:
    uploads = ResumableStore(redis)
    upload = uploads.append(uploads.open("t"), b"abc")
    for wrong in (0, 2, 4):
        with pytest.raises(UploadOffsetMismatch) as raised:
            uploads.claim(upload.id, "t", offset=wrong)
        assert raised.value.offset == 3
    uploads.append(upload, b"d")


def test_other_tenants_do_not_see_an_upload(redis: Redis) -> None:
    uploads = ResumableStore(redis)
    upload = uploads.open("t", length=5)
    with pytest.raises(UploadNotFound):
        uploads.claim(upload.id, "other")
    with pytest.raises(UploadNotFound):
        uploads.discard(upload.id, "other")
    assert uploads.claim(upload.id, "t").offset == 0


def test_a_plain_upload_cannot_be_resumed(redis: Redis) -> None:
    RedisBlobStore(redis).open("b", tenant="t")
    with pytest.raises(UploadNotFound):
        ResumableStore(redis).claim("b", "t")


def test_the_length_is_told_once_and_kept_to(redis: Redis) -> None:
    uploads = ResumableStore(redis, max_bytes=10)
    upload = uploads.append(uploads.open("t"), b"abc")
    with pytest.raises(UploadLengthMismatch, match="3 bytes"):
        uploads.claim(upload.id, "t", length=2)
    upload = uploads.claim(upload.id, "t", length=4)
    with pytest.raises(UploadLengthMismatch, match="4 bytes"):
        uploads.claim(upload.id, "t", length=5)
    with pytest.raises(UploadLengthMismatch):
        uploads.append(upload, b"de")
    with pytest.raises(UploadLengthMismatch):
        uploads.finish(upload)
    with pytest.raises(MediaTooLarge):
        uploads.claim(upload.id, "t", length=11)
    with pytest.raises(MediaTooLarge):
        uploads.open("t", length=11)


def test_without_a_length_the_limit_holds_and_the_end_is_said(redis: Redis) -> None:
    uploads = ResumableStore(redis, max_bytes=4)
    upload = uploads.append(uploads.open("t"), b"abc")
    with pytest.raises(MediaTooLarge):
        uploads.append(upload, b"de")
    assert uploads.finish(upload).complete
    assert uploads.claim(upload.id, "t").length == 3
    with pytest.raises(UploadLengthMismatch):
        uploads.append(uploads.claim(upload.id, "t"), b"d")


def test_the_declared_bytes_are_reserved_and_come_back(redis: Redis) -> None:
    limits = TenantLimits(bytes_in_flight=10, uploads=2)
    uploads = ResumableStore(redis, max_total_bytes=12, tenant_limits=limits)
    blobs = RedisBlobStore(redis)
    upload = uploads.open("t", length=8)
    assert blobs.account("t") == Account(uploads=1, bytes_in_flight=8)
    with pytest.raises(TooManyBytes):
        uploads.open("t", length=3)
    with pytest.raises(StoreFull):
        uploads.open("other", length=5)
    growing = uploads.append(uploads.open("t"), b"ab")
    with pytest.raises(TooManyBytes):
        uploads.append(growing, b"c")
    uploads.discard(upload.id, "t")
    second = uploads.open("t")
    with pytest.raises(TooManyUploads):
        uploads.open("t")
    uploads.discard(second.id, "t")
    uploads.discard(growing.id, "t")
    assert (blobs.account("t"), blobs.usage().used) == (Account(), 0)
    with pytest.raises(UploadNotFound):
        uploads.append(growing, b"c")


def test_a_paused_upload_expires_and_gives_its_bytes_back(redis: Redis) -> None:
    uploads, blobs = ResumableStore(redis, ttl_s=0.2), RedisBlobStore(redis)
    upload = uploads.append(uploads.open("t", length=5), b"abc")
    time.sleep(0.25)
    with pytest.raises(UploadNotFound):
        uploads.claim(upload.id, "t")
    assert (blobs.account("t"), blobs.usage().used) == (Account(), 0)


def test_bytes_that_redis_lost_are_not_gone_on_with(redis: Redis) -> None:
    uploads = ResumableStore(redis)
    upload = uploads.append(uploads.open("t", length=5), b"abc")
    redis.delete(f"df:blob:{upload.id}")
    with pytest.raises(UploadNotFound):
        uploads.claim(upload.id, "t")


def test_a_job_takes_the_upload_over_once(redis: Redis) -> None:
    uploads, jobs, blobs = ResumableStore(redis), JobStore(redis), RedisBlobStore(redis)
    upload = uploads.append(uploads.open("t", length=3), b"abc")
    job = jobs.create(job_of(upload.id, 3))
    with pytest.raises(UploadTaken, match=job.id):
        uploads.claim(upload.id, "t")
    with pytest.raises(UploadNotFound):
        uploads.discard(upload.id, "t")
    with pytest.raises(UploadNotFound):
        uploads.append(upload, b"d")
    with pytest.raises(BlobMissing):
        jobs.create(job_of(upload.id, 3))
    assert blobs.account("t") == Account(bytes_in_flight=3, queued_jobs=1)
    jobs.delete(job.id, "t")
    assert (blobs.account("t"), blobs.usage().used) == (Account(), 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 2), st.binary(min_size=1, max_size=9)), max_size=12))
def test_whoever_appends_in_whatever_order_no_byte_is_twice_or_missing(
    redis: Redis, steps: list[tuple[int, bytes]]
) -> None:
    """Three requests that hold claims of different age; the model is what the last one stored."""
    uploads, blobs = ResumableStore(redis), RedisBlobStore(redis)
    begun = uploads.open("t")
    claims, stored, last = [begun, begun, begun], b"", begun.writer
    for who, chunk in steps:
        if len(chunk) % 2:
            claims[who] = uploads.claim(begun.id, "t", offset=len(stored))
            last = claims[who].writer
        fits = claims[who].writer == last and claims[who].offset == len(stored)
        try:
            claims[who] = uploads.append(claims[who], chunk)
            stored += chunk
            assert fits
        except UploadSuperseded:
            assert not fits
    assert uploads.claim(begun.id, "t").offset == len(stored)
    assert b"".join(blobs.read(begun.id) if stored else []) == stored
    uploads.discard(begun.id, "t")
    assert blobs.usage().used == 0
