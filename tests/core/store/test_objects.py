"""Uploads whose bytes lie in an S3-compatible store, against a server that speaks S3."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3  # type: ignore[import-untyped]
import httpx
import pytest
from moto.server import ThreadedMotoServer
from redis import Redis

from api.app import create_app
from api.settings import GatewaySettings
from core.errors import (
    BlobMissing,
    ConfigurationError,
    StoreUnavailable,
    TooManyBytes,
    UploadSuperseded,
)
from core.store.accounts import TenantLimits
from core.store.attempts import Attempts
from core.store.blobs import RedisBlobStore
from core.store.doomed import DoomedObjects
from core.store.jobs import JobStore
from core.store.keys import Key
from core.store.objects import Objects
from core.store.records import Job, JobStatus
from core.store.resumable import ResumableStore
from tests.api.gateway import MP4, DoorbellTwin, serve
from tests.core.store.lost_worker import take
from tests.core.store.uploads import MEDIA

URL = "s3://uploads/of/us"


class Bucket:
    """A bucket of a real server; ``names`` is what lies in it."""

    def __init__(self, endpoint: str) -> None:
        self._client = boto3.client("s3", endpoint_url=endpoint)
        self._client.create_bucket(Bucket="uploads")

    def names(self) -> list[str]:
        found = self._client.list_objects_v2(Bucket="uploads").get("Contents", [])
        return [each["Key"] for each in found]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    httpx.post(f"{s3}/moto-api/reset")
    for name, value in {
        "AWS_ENDPOINT_URL": s3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return Bucket(s3)


@pytest.fixture
def objects(bucket: Bucket) -> Objects:
    made = Objects.at(URL)
    assert made is not None
    return made


@pytest.fixture
def blobs(redis: Redis, objects: Objects) -> RedisBlobStore:
    return RedisBlobStore(redis, objects=objects)


def queued(redis: Redis, blobs: RedisBlobStore, blob_id: str = "b") -> Job:
    """A job with two chunks of bytes."""
    blobs.open(blob_id, tenant="local")
    blobs.append(blob_id, b"ab")
    blobs.append(blob_id, b"c")
    return JobStore(redis).create(Job.new(media=replace(MEDIA, blob_id=blob_id)))


def test_bytes_lie_in_the_bucket_and_their_accounts_in_redis(
    redis: Redis, blobs: RedisBlobStore, bucket: Bucket
) -> None:
    blobs.open("b", tenant="t")
    for chunk in (b"one", b"", b"two\x00\xff"):
        blobs.append("b", chunk)
    assert list(blobs.read("b")) == [b"one", b"two\x00\xff"]
    assert blobs.size("b") == blobs.usage().used == 8
    assert blobs.account("t").bytes_in_flight == 8
    assert [key.rpartition("/")[0] for key in bucket.names()] == ["of/us/b"] * 2
    names: Any = redis.lrange(Key.CHUNKS.at("b"), 0, -1)
    assert sorted(f"of/us/{name.decode()}" for name in names) == sorted(bucket.names())


@pytest.mark.parametrize("way", ["judged", "canceled", "deleted", "discarded", "expired"])
def test_however_an_upload_ends_its_objects_are_deleted(
    redis: Redis, blobs: RedisBlobStore, objects: Objects, bucket: Bucket, way: str
) -> None:
    jobs, doomed = JobStore(redis), DoomedObjects(redis, objects)
    if way == "discarded":
        blobs.open("b", tenant="local")
        blobs.append("b", b"abc")
        blobs.discard("b")
    elif way == "expired":
        blobs.open("b", tenant="local")
        blobs.append("b", b"abc")
        redis.zadd(Key.EXPIRIES.at(), {"b": 1})
        assert blobs.usage().used == 0  # which sweeps
    else:
        job = queued(redis, blobs)
        if way == "judged":
            attempts = Attempts(redis)
            assert take(attempts).id == job.id
            assert attempts.finish(
                job.id, 1, status=JobStatus.SUCCEEDED, result={"verdict": "real"}
            )
        elif way == "canceled":
            jobs.request_cancel(job.id, "local")
        else:
            jobs.delete(job.id, "local")
    assert bucket.names()
    assert doomed.sweep() == 1
    assert bucket.names() == []
    assert doomed.sweep() == 0
    assert redis.zcard(Key.DOOMED.at()) == 0


def test_a_sweep_leaves_other_uploads_alone(
    redis: Redis, blobs: RedisBlobStore, objects: Objects
) -> None:
    job = queued(redis, blobs, "b")
    queued(redis, blobs, "bb")
    JobStore(redis).delete(job.id, "local")
    DoomedObjects(redis, objects).sweep()
    assert b"".join(blobs.read("bb")) == b"abc"
    with pytest.raises(BlobMissing):
        next(blobs.read("b"))


def test_bytes_that_redis_refuses_do_not_stay_in_the_bucket(
    redis: Redis, objects: Objects, bucket: Bucket
) -> None:
    small = RedisBlobStore(redis, tenant_limits=TenantLimits(bytes_in_flight=4), objects=objects)
    small.open("b", tenant="t")
    small.append("b", b"abc")
    with pytest.raises(TooManyBytes):
        small.append("b", b"def")
    with pytest.raises(BlobMissing):
        small.append("another", b"x")
    assert len(bucket.names()) == 1


def test_a_resumable_upload_is_taken_by_the_last_claim_only(
    redis: Redis, objects: Objects, blobs: RedisBlobStore, bucket: Bucket
) -> None:
    uploads = ResumableStore(redis, objects=objects)
    first = uploads.append(uploads.open("t", length=6), b"abc")
    second = uploads.claim(first.id, "t", offset=3)
    with pytest.raises(UploadSuperseded):
        uploads.append(first, b"xyz")
    assert uploads.append(second, b"def").complete
    assert b"".join(blobs.read(first.id)) == b"abcdef"
    assert len(bucket.names()) == 2
    uploads.discard(first.id, "t")
    DoomedObjects(redis, objects).sweep()
    assert bucket.names() == []


def test_while_the_bucket_is_away_uploads_are_refused_and_deletions_wait(
    redis: Redis,
    blobs: RedisBlobStore,
    objects: Objects,
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = queued(redis, blobs)
    JobStore(redis).delete(job.id, "local")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("core.store.objects.RETRIES", 0)
    away = Objects.at(URL)
    assert away is not None
    with pytest.raises(StoreUnavailable, match="DEEPFAKE_BLOB_URL") as refused:
        DoomedObjects(redis, away, retry_s=0.05).sweep()
    assert "s3cret" not in refused.value.message
    lost = RedisBlobStore(redis, objects=away)
    lost.open("c", tenant="local")
    with pytest.raises(StoreUnavailable):
        lost.append("c", b"abc")
    assert lost.usage().used == 0
    time.sleep(0.1)
    assert DoomedObjects(redis, objects).sweep() == 1
    assert bucket.names() == []


def test_a_process_without_the_setting_says_so_and_blames_no_file(
    redis: Redis, blobs: RedisBlobStore
) -> None:
    queued(redis, blobs)
    with pytest.raises(StoreUnavailable, match="DEEPFAKE_BLOB_URL"):
        next(RedisBlobStore(redis).read("b"))


def test_uploads_from_before_the_setting_are_read_from_redis(
    redis: Redis, blobs: RedisBlobStore
) -> None:
    queued(redis, RedisBlobStore(redis))
    assert list(blobs.read("b")) == [b"ab", b"c"]


def test_a_gateway_puts_what_it_gets_into_the_bucket(
    redis: Redis, redis_url: str, blobs: RedisBlobStore, bucket: Bucket
) -> None:
    settings = GatewaySettings(redis_url=redis_url, blob_url=URL)
    with serve(create_app(settings, doorbell=DoorbellTwin())) as client:
        answer = client.post("/v1/jobs", content=MP4)
        assert answer.status_code == 202
        media = JobStore(redis).get(answer.json()["id"]).media
        assert b"".join(blobs.read(media.blob_id)) == MP4
        assert len(bucket.names()) == 1
        assert client.post("/v1/jobs", content=b"no media").status_code == 415
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(MP4))}
        begun = client.post("/v1/uploads", headers=headers)
        for part in (MP4[:3000], MP4[3000:]):
            offset = client.head(begun.headers["Location"], headers=headers)
            sent = client.patch(
                begun.headers["Location"],
                content=part,
                headers={
                    "Tus-Resumable": "1.0.0",
                    "Upload-Offset": offset.headers["Upload-Offset"],
                    "Content-Type": "application/offset+octet-stream",
                },
            )
            assert sent.status_code == 204, sent.text
        resumed = client.post("/v1/jobs", json={"upload": begun.headers["Location"]})
        assert resumed.status_code == 202, resumed.text
        media = JobStore(redis).get(resumed.json()["id"]).media
        assert b"".join(blobs.read(media.blob_id)) == MP4


@pytest.mark.parametrize(
    "url",
    [
        "http://bucket",
        "s3://",
        "bucket",
        "s3://key:secret@bucket/x",
        "s3://b/x?region=y",
        "s3://b:9/x",
    ],
)
def test_what_is_no_bucket_is_refused_without_telling_what_it_was(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DEEPFAKE_BLOB_URL") as refused:
        Objects.at(url)
    assert "key:secret" not in refused.value.message


def test_without_the_setting_nothing_is_made() -> None:
    assert Objects.at(None) is None
