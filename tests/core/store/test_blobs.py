from __future__ import annotations

import time

import pytest
from redis import Redis

from core.errors import BlobMissing, StoreFull
from core.store.blobs import RedisBlobStore, new_blob_id


def test_chunks_come_back_in_order(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("b")
    for chunk in (b"one", b"", b"two\x00\xff"):
        blobs.append("b", chunk)
    assert list(blobs.read("b")) == [b"one", b"two\x00\xff"]
    assert blobs.size("b") == blobs.usage().used == 8


def test_a_discarded_blob_is_gone_and_takes_no_more_bytes(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("b")
    blobs.append("b", b"123")
    blobs.discard("b")
    blobs.discard("b")
    assert blobs.usage().used == 0
    with pytest.raises(BlobMissing):
        blobs.append("b", b"4")
    with pytest.raises(BlobMissing):
        blobs.size("b")
    with pytest.raises(BlobMissing):
        next(blobs.read("b"))


def test_a_blob_that_vanishes_while_it_is_read_is_missing_not_short(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("b")
    blobs.append("b", b"1")
    blobs.append("b", b"2")
    chunks = blobs.read("b")
    next(chunks)
    blobs.discard("b")
    with pytest.raises(BlobMissing):
        next(chunks)


def test_bytes_in_flight_are_bounded_over_all_blobs(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, max_total_bytes=10)
    blobs.open("a")
    blobs.append("a", b"123456")
    blobs.open("b")
    with pytest.raises(StoreFull, match="6 of 10"):
        blobs.append("b", b"12345")
    blobs.append("b", b"1234")
    with pytest.raises(StoreFull):
        blobs.open("c")
    blobs.discard("a")
    blobs.open("c")


def test_expired_bytes_leave_the_account(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, upload_ttl_s=0.03, max_total_bytes=10)
    blobs.open("a")
    blobs.append("a", b"1234567890")
    time.sleep(0.05)
    with pytest.raises(BlobMissing):
        next(blobs.read("a"))
    blobs.open("b")
    assert blobs.usage().used == 0


def test_redis_at_its_maxmemory_is_a_full_store(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("a")
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreFull, match="maxmemory"):
            blobs.append("a", b"1")
    finally:
        redis.config_set("maxmemory", 0)


def test_blob_ids_cannot_be_guessed() -> None:
    assert len({new_blob_id() for _ in range(100)}) == 100
    assert len(new_blob_id()) == len("blob_") + 32
