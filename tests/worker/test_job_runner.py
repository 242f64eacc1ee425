"""One job from id to record: a real Redis, and twins of the two expensive parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from redis import Redis

from core.blobs import RedisBlobStore
from core.bundle import Bundle, RuntimeName
from core.errors import (
    BlobMissing,
    DecoderCrashed,
    DecodeTimeout,
    InferenceFailed,
    StoreUnavailable,
    UnreadableMedia,
)
from core.evidence import Evidence, ExtractOptions
from core.jobs import Job, JobStatus, JobStore, MediaRef
from core.media import MediaLimits
from tests.core.bundle_factory import write_bundle
from tests.core.evidence_factory import crop, evidence
from tests.redis_server import RedisServer
from worker.job_runner import JobRunner, Model, RunnerLimits
from worker.lease import Leases

UPLOAD = b"not really a film"
Check = Callable[[], None]


class Decoders:
    """The twin of a decoder pool: reads the upload, then does as told, one call after another."""

    def __init__(self) -> None:
        self.acts: list[Callable[[Check], object]] = []
        self.uploads: list[bytes] = []

    def extract(
        self,
        chunks: Iterator[bytes],
        size: int,  # noqa: ARG002
        options: ExtractOptions,
        *,
        deadline_s: float,  # noqa: ARG002
        check: Check,
    ) -> Evidence:
        self.uploads.append(b"".join(chunks))
        if self.acts:
            self.acts.pop(0)(check)
        return evidence([[crop()], [crop()]], requested=options.frames)


class Detector:
    """The twin of a detector."""

    def __init__(self) -> None:
        self.act: Callable[[], object] = lambda: None

    def score(self, jpegs: Sequence[bytes]) -> NDArray[np.float64]:
        self.act()
        return np.full(len(jpegs), 0.9)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "brightness")


class Bench:
    """A runner with everything around it."""

    def __init__(self, redis: Redis, bundle: Bundle) -> None:
        self.store = JobStore(redis, max_attempts=2)
        self.blobs = RedisBlobStore(redis)
        self.leases = Leases(self.store)
        self.decoders, self.scorer = Decoders(), Detector()
        self.runner = JobRunner(
            self.store,
            self.blobs,
            self.leases,
            self.decoders,
            Model(self.scorer, bundle, RuntimeName.OPENVINO_FP32),
            RunnerLimits(MediaLimits(), decode_deadline_s=10, finish_patience_s=20),
            worker_id="worker-1",
        )

    def submit(self) -> str:
        self.blobs.open("blob_1")
        self.blobs.append("blob_1", UPLOAD[:5])
        self.blobs.append("blob_1", UPLOAD[5:])
        digest = hashlib.sha256(UPLOAD).hexdigest()
        media = MediaRef("blob_1", digest, len(UPLOAD), "video", "mp4")
        return self.store.create(Job.new(media=media)).id

    def run(self) -> Job:
        job_id = self.submit()
        self.runner.run(job_id)
        return self.store.get(job_id)

    def code(self) -> str:
        job = self.run()
        assert job.status is JobStatus.FAILED
        assert job.error is not None
        assert job.result is None
        return str(job.error["code"])

    def bytes_are_gone(self) -> bool:
        try:
            list(self.blobs.read("blob_1"))
        except BlobMissing:
            return True
        return False


@pytest.fixture
def bench(redis: Redis, bundle: Bundle) -> Bench:
    return Bench(redis, bundle)


def fail(error: BaseException) -> Callable[..., object]:
    def act(*_: object) -> None:
        raise error

    return act


def test_a_job_ends_with_a_verdict_and_its_bytes_are_gone(bench: Bench) -> None:
    job = bench.run()
    assert job.status is JobStatus.SUCCEEDED
    assert job.result is not None
    assert job.result["verdict"] == "fake"
    assert set(job.result["timings_ms"]) == {"queued", "fetch", "decode", "faces", "infer"}
    assert job.media_info is not None
    assert job.media_info["codec"] == "h264"
    assert bench.decoders.uploads == [UPLOAD]
    assert bench.bytes_are_gone()
    assert job.media_deleted_at is not None
    assert len(bench.leases) == 0


def test_a_second_message_for_the_same_job_does_nothing(bench: Bench) -> None:
    job = bench.run()
    bench.runner.run(job.id)
    assert bench.store.get(job.id).revision == job.revision
    assert len(bench.decoders.uploads) == 1


@pytest.mark.parametrize("error", [UnreadableMedia("It is cut."), DecodeTimeout(limit_s=10)])
def test_what_is_wrong_with_the_file_is_the_error_of_the_job(
    bench: Bench, error: UnreadableMedia
) -> None:
    bench.decoders.acts = [fail(error)]
    job = bench.run()
    assert job.error == {
        "code": error.code, "message": error.message, "retryable": error.retryable,
    }  # fmt: skip
    assert bench.bytes_are_gone()
    assert len(bench.decoders.uploads) == 1


def test_a_decoder_that_crashes_once_is_forgiven(bench: Bench) -> None:
    bench.decoders.acts = [fail(DecoderCrashed("SIGSEGV"))]
    job = bench.run()
    assert (job.status, job.attempt) == (JobStatus.SUCCEEDED, 1)
    assert bench.decoders.uploads == [UPLOAD, UPLOAD]


def test_a_decoder_that_crashes_twice_fails_the_job(bench: Bench) -> None:
    bench.decoders.acts = [fail(DecoderCrashed("SIGSEGV"))] * 2
    assert bench.code() == "decoder_crashed"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InferenceFailed("The network failed."), "inference_failed"),
        (MemoryError(), "inference_failed"),
        (ZeroDivisionError("a bug of ours"), "internal_error"),
    ],
)
def test_a_failing_model_fails_the_job(bench: Bench, error: Exception, code: str) -> None:
    bench.scorer.act = fail(error)
    assert bench.code() == code
    assert bench.bytes_are_gone()


def test_an_unexpected_error_is_in_the_log_under_its_reference(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.scorer.act = fail(ZeroDivisionError("a bug of ours"))
    job = bench.run()
    assert job.error is not None
    assert "a bug of ours" not in job.error["message"]
    reference = job.error["message"].rstrip(".").split()[-1]
    assert reference in caplog.text
    assert "a bug of ours" in caplog.text


def test_a_missing_upload_fails_the_job(bench: Bench) -> None:
    job_id = bench.submit()
    bench.blobs.delete("blob_1")
    bench.runner.run(job_id)
    job = bench.store.get(job_id)
    assert job.error is not None
    assert job.error["code"] == "blob_missing"


def test_an_upload_with_a_chunk_missing_is_not_judged(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    redis.rpop("df:blob:blob_1")
    bench.runner.run(job_id)
    job = bench.store.get(job_id)
    assert job.error is not None
    assert job.error["code"] == "blob_missing"


def test_a_canceled_job_ends_as_canceled(bench: Bench) -> None:
    job_id = bench.submit()

    def cancel(check: Check) -> None:
        bench.store.request_cancel(job_id, "local")
        bench.leases.renew()
        check()

    bench.decoders.acts = [cancel]
    bench.runner.run(job_id)
    assert bench.store.get(job_id).status is JobStatus.CANCELED
    assert bench.bytes_are_gone()


def test_a_cancel_during_inference_is_heard_too(bench: Bench) -> None:
    job_id = bench.submit()

    def cancel() -> None:
        bench.store.request_cancel(job_id, "local")
        bench.leases.renew()

    bench.scorer.act = cancel
    bench.runner.run(job_id)
    assert bench.store.get(job_id).status is JobStatus.CANCELED


def test_an_attempt_that_was_overtaken_writes_nothing(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()

    def lose() -> None:
        redis.zadd("df:leases", {job_id: 1})
        bench.store.reap()
        assert bench.store.claim(job_id, "worker-2") is not None

    bench.scorer.act = lose
    bench.runner.run(job_id)
    job = bench.store.get(job_id)
    assert (job.status, job.attempt, job.result) == (JobStatus.PROCESSING, 2, None)
    assert not bench.bytes_are_gone()


def test_a_job_that_was_given_back_writes_nothing(bench: Bench) -> None:
    job_id = bench.submit()
    bench.scorer.act = bench.leases.release_all
    bench.runner.run(job_id)
    assert bench.store.get(job_id).status is JobStatus.QUEUED
    assert not bench.bytes_are_gone()


def test_a_job_deleted_meanwhile_stays_deleted(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    bench.scorer.act = lambda: bench.store.delete(job_id, "local")
    bench.runner.run(job_id)
    assert not redis.exists(f"df:job:{job_id}")


def test_a_file_that_brought_down_workers_is_not_opened_again(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    for _ in range(2):
        assert bench.store.claim(job_id, "a worker that dies") is not None
        redis.zadd("df:leases", {job_id: 1})
        bench.store.reap()
    assert bench.code() == "file_quarantined"
    assert bench.decoders.uploads == []


def test_redis_away_while_fetching_leaves_the_job_to_its_lease(bench: Bench) -> None:
    bench.decoders.acts = [fail(StoreUnavailable("Redis is away."))]
    job = bench.run()
    assert job.status is JobStatus.PROCESSING
    assert not bench.bytes_are_gone()
    assert len(bench.leases) == 0


def test_a_result_in_hand_waits_for_redis_to_come_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = bench.store.finish, [StoreUnavailable("away"), StoreUnavailable("away")]

    def flaky(*args: object, **kwargs: object) -> bool:
        if failures:
            raise failures.pop()
        return finish(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.store, "finish", flaky)
    monkeypatch.setattr("worker.job_runner.FINISH_PAUSE_S", 0.01)
    assert bench.run().status is JobStatus.SUCCEEDED


def test_a_message_that_cannot_be_claimed_says_why(bench: Bench, redis_server: RedisServer) -> None:
    job_id = bench.submit()
    redis_server.stop()
    try:
        with pytest.raises(StoreUnavailable):
            bench.runner.run(job_id)
    finally:
        redis_server.start()


def test_a_process_that_is_going_down_gives_its_job_back(bench: Bench) -> None:
    job_id = bench.submit()
    bench.scorer.act = fail(SystemExit(1))
    with pytest.raises(SystemExit):
        bench.runner.run(job_id)
    assert bench.store.get(job_id).status is JobStatus.QUEUED
