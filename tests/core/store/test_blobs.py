from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from core.errors import BlobMissing, StoreFull, TooManyBytes, TooManyJobs, TooManyUploads
from core.store.accounts import Account, TenantLimits
from core.store.blobs import RedisBlobStore, new_blob_id
from core.store.jobs import JobStore
from core.store.records import Job, MediaRef
from tests.core.store.uploads import enqueue, upload

TTL_S = 0.4  # of an upload that is left to expire


def test_chunks_come_back_in_order(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("b", tenant="t")
    for chunk in (b"one", b"", b"two\x00\xff"):
        blobs.append("b", chunk)
    assert list(blobs.read("b")) == [b"one", b"two\x00\xff"]
    assert blobs.size("b") == blobs.usage().used == 8


def test_a_discarded_blob_is_gone_and_takes_no_more_bytes(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("b", tenant="t")
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
    blobs.open("b", tenant="t")
    blobs.append("b", b"1")
    blobs.append("b", b"2")
    chunks = blobs.read("b")
    next(chunks)
    blobs.discard("b")
    with pytest.raises(BlobMissing):
        next(chunks)


def test_bytes_in_flight_are_bounded_over_all_blobs(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, max_total_bytes=10)
    blobs.open("a", tenant="t")
    blobs.append("a", b"123456")
    blobs.open("b", tenant="t")
    with pytest.raises(StoreFull, match="6 of 10"):
        blobs.append("b", b"12345")
    blobs.append("b", b"1234")
    with pytest.raises(StoreFull):
        blobs.open("c", tenant="t")
    blobs.discard("a")
    blobs.open("c", tenant="t")


def test_expired_bytes_leave_the_account(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, upload_ttl_s=TTL_S, max_total_bytes=10)
    blobs.open("a", tenant="t")
    blobs.append("a", b"1234567890")
    time.sleep(1.2 * TTL_S)
    with pytest.raises(BlobMissing):
        next(blobs.read("a"))
    blobs.open("b", tenant="t")
    assert blobs.usage().used == 0


def test_redis_at_its_maxmemory_is_a_full_store(redis: Redis) -> None:
    blobs = RedisBlobStore(redis)
    blobs.open("a", tenant="t")
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(StoreFull, match="maxmemory"):
            blobs.append("a", b"1")
    finally:
        redis.config_set("maxmemory", 0)


def test_blob_ids_cannot_be_guessed() -> None:
    assert len({new_blob_id() for _ in range(100)}) == 100
    assert len(new_blob_id()) == len("blob_") + 32


def test_an_upload_that_cannot_fit_is_refused_when_it_opens(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, max_total_bytes=10)
    blobs.open("a", tenant="t", expected_bytes=6)
    with pytest.raises(StoreFull, match="hold 6 of 10 bytes, which leaves no room for 5 more"):
        blobs.open("b", tenant="t", expected_bytes=5)
    blobs.open("b", tenant="t", expected_bytes=4)
    blobs.append("a", b"123456")
    blobs.append("b", b"1234")
    assert blobs.usage().used == 10


def test_what_was_reserved_is_free_again_when_the_upload_is_discarded(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, max_total_bytes=10)
    blobs.open("a", tenant="t", expected_bytes=10)
    blobs.append("a", b"1")
    blobs.discard("a")
    assert blobs.account("t") == Account()
    blobs.open("b", tenant="t", expected_bytes=10)


def test_what_was_reserved_is_free_again_when_the_upload_expires(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, upload_ttl_s=TTL_S, max_total_bytes=10)
    blobs.open("a", tenant="t", expected_bytes=10)
    time.sleep(1.2 * TTL_S)
    assert blobs.account("t") == Account()
    blobs.open("b", tenant="t", expected_bytes=10)


def test_what_was_reserved_in_vain_is_free_once_a_job_has_the_upload(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, max_total_bytes=100)
    blobs.open("a", tenant="local", expected_bytes=100)
    blobs.append("a", b"123")
    JobStore(redis).create(Job.new(media=MediaRef("a", "ab" * 32, 3, "image", "png")))
    assert blobs.account("local") == Account(bytes_in_flight=3, queued_jobs=1)


def test_more_bytes_than_were_reserved_are_taken_while_there_is_room(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, max_total_bytes=10)
    blobs.open("a", tenant="t", expected_bytes=2)
    blobs.append("a", b"12345")
    assert blobs.usage().used == 5
    with pytest.raises(StoreFull):
        blobs.append("a", b"678901")
    assert blobs.usage().used == 5


def test_each_tenant_has_an_account_of_its_own(redis: Redis) -> None:
    limits = TenantLimits(uploads=2, bytes_in_flight=10)
    blobs = RedisBlobStore(redis, tenant_limits=limits)
    blobs.open("a", tenant="t", expected_bytes=6)
    with pytest.raises(TooManyBytes, match="hold 6 of 10 bytes"):
        blobs.open("b", tenant="t", expected_bytes=5)
    blobs.open("b", tenant="t")
    with pytest.raises(TooManyUploads, match="2 uploads of this tenant are under way"):
        blobs.open("c", tenant="t")
    blobs.open("c", tenant="other", expected_bytes=10)
    assert blobs.account("t") == Account(uploads=2, bytes_in_flight=6)
    assert blobs.account("other") == Account(uploads=1, bytes_in_flight=10)


def test_a_gateway_that_died_frees_the_places_of_its_uploads_after_a_while(redis: Redis) -> None:
    blobs = RedisBlobStore(redis, upload_ttl_s=TTL_S, tenant_limits=TenantLimits(uploads=1))
    blobs.open("a", tenant="t")
    with pytest.raises(TooManyUploads):
        blobs.open("b", tenant="t")
    time.sleep(1.2 * TTL_S)
    blobs.open("b", tenant="t")


def test_a_tenant_with_too_many_waiting_jobs_opens_no_upload_and_makes_no_job(
    redis: Redis,
) -> None:
    limits = TenantLimits(queued_jobs=1)
    blobs = RedisBlobStore(redis, tenant_limits=limits)
    media = upload(redis, "t")
    enqueue(redis, tenant="t")
    with pytest.raises(TooManyJobs, match="1 jobs of this tenant wait, and the limit is 1"):
        blobs.open("b", tenant="t")
    with pytest.raises(TooManyJobs):
        JobStore(redis, tenant_limits=limits).create(Job.new(media=media, tenant="t"))
    enqueue(redis, tenant="other")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "append", "discard", "job", "cancel"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 9),
    ),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_whatever_happens_the_accounts_are_what_the_uploads_hold(
    redis: Redis, steps: list[tuple[str, str, int]]
) -> None:
    redis.flushall()
    limits = TenantLimits(uploads=2, bytes_in_flight=15, queued_jobs=2)
    blobs = RedisBlobStore(redis, max_total_bytes=20, tenant_limits=limits)
    jobs = JobStore(redis, tenant_limits=limits)
    made: dict[str, str] = {}
    for act, name, size in steps:
        try:
            if act == "open" and not redis.exists(f"df:upload:{name}"):
                blobs.open(name, tenant="t", expected_bytes=size)
            elif act == "append":
                blobs.append(name, bytes(size))
            elif act == "discard":
                blobs.discard(name)
            elif act == "job":
                media = MediaRef(name, "ab" * 32, size, "image", "png")
                made[name] = jobs.create(Job.new(media=media, tenant="t")).id
            elif name in made:
                jobs.request_cancel(made.pop(name), "t")
        except (BlobMissing, StoreFull, TooManyBytes, TooManyJobs, TooManyUploads):
            pass
        held = [int(redis.hget(key, "held") or 0) for key in redis.keys("df:upload:*")]
        owned = [redis.hexists(key, "job") for key in redis.keys("df:upload:*")]
        account = Account(owned.count(False), sum(held), owned.count(True))
        assert blobs.account("t") == account
        assert blobs.usage().used == sum(held) <= 15
        assert account.uploads <= 2
        assert account.queued_jobs <= 2
