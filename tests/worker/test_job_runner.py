"""One job from id to record: what becomes of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from redis import Redis

from core.errors import DecoderCrashed, DecodeTimeout, InferenceFailed, UnreadableMedia
from core.evidence import Cut
from core.media.sniff import Kind
from core.options import DEFAULT_MARGIN
from core.provenance import Credentials, CredentialState, Provenance
from core.store.records import JobStatus
from tests.core.bundle_factory import SIZE, write_bundle
from tests.worker.runner_bench import UPLOAD, Bench, Check, fail
from worker.decoder.child import TICK_S
from worker.lease import RENEW_S
from worker.periodic import Periodic


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


def test_a_clock_of_redis_that_was_set_back_makes_no_wait_negative(
    redis: Redis, bench: Bench
) -> None:
    job_id = bench.submit()
    redis.hincrby(f"df:job:{job_id}", "created_at", 3600 * 1000)  # as if it had come an hour ahead
    bench.serve()
    result = bench.store.get(job_id).result
    assert result is not None
    assert result["timings_ms"]["queued"] == 0


def test_faces_are_cut_as_the_bundle_says(redis: Redis, tmp_path: Path) -> None:
    shown = {"size": SIZE, "scaling": "signed", "margin": 0.6}
    bench = Bench(redis, write_bundle(tmp_path, input=shown))
    bench.run()
    (options,) = bench.decoders.options
    assert (options.crop_size, options.crop_margin) == (SIZE, 0.6)


@pytest.fixture
def pair(redis: Redis, tmp_path: Path) -> Bench:
    """A worker with a model for images and another for videos."""
    shown = {"size": SIZE, "scaling": "signed", "margin": 0.6}
    images = write_bundle(tmp_path / "stills", name="stills", input=shown)
    return Bench(redis, images, videos=write_bundle(tmp_path / "films", name="films"))


@pytest.mark.parametrize(("kind", "name"), [(Kind.VIDEO, "films"), (Kind.IMAGE, "stills")])
def test_the_model_for_the_kind_of_the_file_judges_it_and_is_named(
    pair: Bench, kind: Kind, name: str
) -> None:
    pair.decoders.kind = kind
    job = pair.run()
    assert job.result is not None
    assert job.result["model"]["name"] == name
    asked = {
        "stills": len(pair.scorer.asked_for_maps),
        "films": len(pair.video_scorer.asked_for_maps),
    }
    assert asked.pop(name) == 1
    assert list(asked.values()) == [0]


def test_an_image_that_turns_out_to_move_is_judged_as_a_video(pair: Bench) -> None:
    job_id = pair.submit(kind="image", container="webp")
    pair.serve()
    result = pair.store.get(job_id).result
    assert result is not None
    assert result["model"]["name"] == "films"


def test_faces_of_videos_are_cut_as_their_model_says(pair: Bench) -> None:
    pair.run()
    (options,) = pair.decoders.options
    assert options.cut_of(Kind.IMAGE) == Cut(SIZE, 0.6)
    assert options.cut_of(Kind.VIDEO) == Cut(SIZE, DEFAULT_MARGIN)


def test_evidence_of_a_video_is_without_maps_where_its_model_has_none(pair: Bench) -> None:
    pair.video_scorer.has_maps = False
    job = pair.run(keeps_evidence=True)
    assert job.evidence is not None
    assert (job.evidence.frames, job.evidence.heatmaps) == (2, 0)
    assert job.media_info is not None
    assert "heatmaps_not_available" in job.media_info["notes"]


FOUND = Provenance(c2pa=Credentials(state=CredentialState.UNTRUSTED, issuer="Newsroom"), claims=[])


def test_a_provenance_lies_beside_the_verdict_and_changes_nothing_in_it(bench: Bench) -> None:
    plain = bench.run()
    bench.decoders.provenance = FOUND
    job = bench.run()
    assert (plain.provenance, job.provenance) == (None, FOUND.to_json())
    assert plain.result is not None
    assert job.result is not None
    assert plain.result["fake_probability"] == job.result["fake_probability"]


def test_a_job_that_fails_keeps_the_provenance_of_its_file(bench: Bench) -> None:
    bench.decoders.provenance = FOUND
    bench.scorer.act = fail(InferenceFailed("The network failed."))
    job = bench.run()
    assert job.status is JobStatus.FAILED
    assert job.provenance == FOUND.to_json()


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


def test_a_crash_that_the_decoder_reports_itself_is_not_tried_again(bench: Bench) -> None:
    error = DecoderCrashed("The decoder failed inside (RecursionError).")
    error.reported = True
    bench.decoders.acts = [fail(error)]
    assert bench.code() == "decoder_crashed"
    assert len(bench.decoders.uploads) == 1


def test_a_cancel_is_heard_within_a_second_while_a_file_is_decoded(bench: Bench) -> None:
    canceled_at = []

    def decode(check: Check) -> None:
        (running,) = bench.leases._snapshot()
        bench.store.request_cancel(running.job.id, running.job.tenant)
        canceled_at.append(time.monotonic())
        while True:
            check()
            time.sleep(TICK_S)

    bench.decoders.acts = [decode]
    renewals = Periodic("leases", RENEW_S, bench.leases.renew)
    renewals.start()
    try:
        assert bench.run().status is JobStatus.CANCELED
    finally:
        renewals.stop()
    assert RENEW_S + TICK_S < 1.0
    assert time.monotonic() - canceled_at[0] < 3.0  # the machine may be busy


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


def test_a_missing_upload_fails_the_job(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    redis.delete("df:blob:blob_1")
    bench.serve()
    job = bench.store.get(job_id)
    assert job.error is not None
    assert job.error["code"] == "blob_missing"


def test_an_upload_with_a_chunk_missing_is_not_judged(bench: Bench, redis: Redis) -> None:
    job_id = bench.submit()
    redis.rpop("df:blob:blob_1")
    bench.serve()
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
    bench.serve()
    assert bench.store.get(job_id).status is JobStatus.CANCELED
    assert bench.bytes_are_gone()


def test_a_cancel_during_inference_is_heard_too(bench: Bench) -> None:
    job_id = bench.submit()

    def cancel() -> None:
        bench.store.request_cancel(job_id, "local")
        bench.leases.renew()

    bench.scorer.act = cancel
    bench.serve()
    assert bench.store.get(job_id).status is JobStatus.CANCELED
