"""The real child on real media: locked down, it must see exactly what an open process sees."""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import threading
from collections.abc import Iterator

import av.error
import pytest

from core.errors import (
    DecoderCrashed,
    DecoderOutOfMemory,
    DecodeTimeout,
    EmptyMedia,
    MediaError,
    TooManyPixels,
    UnreadableMedia,
    UnsupportedMedia,
)
from core.evidence import Evidence, ExtractOptions
from core.faces.detector import load_face_detector
from core.faces.face import FaceDetector
from core.media.limits import MediaLimits
from core.options import Sampling
from core.pipeline.extraction import extract
from core.provenance import CredentialState, Provenance
from tests.credentials_factory import authority, signed
from tests.media_factory import make_video
from tests.still_factory import nested_boxes
from tests.worker.media_factory import MEDIA, still, video
from worker.decoder.config import DecoderConfig
from worker.decoder.decoder import Decoder
from worker.decoder.pool import DecoderPool
from worker.decoder.serve import _as_told

PATIENT_S = 120.0
FEW = 4  # frames: in each of them faces are looked for, here and in the child


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DecoderPool]:
    anchors = tmp_path_factory.mktemp("anchors") / "anchors.pem"
    anchors.write_text(authority().root)
    made = DecoderPool(DecoderConfig(trust_anchors=anchors), 1)
    made.wait_ready()
    yield made
    made.close()


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return load_face_detector()


def send(
    pool: DecoderPool, data: bytes, options: ExtractOptions | None = None, **limits: float
) -> Evidence:
    deadline_s = limits.get("deadline_s", PATIENT_S)
    return pool.extract(
        iter([data] if data else []), len(data), options or ExtractOptions(), deadline_s=deadline_s
    )


def extract_telling(
    pool: DecoderPool, data: bytes, told: list[Provenance], options: ExtractOptions | None = None
) -> Evidence:
    return pool.extract(
        iter([data]),
        len(data),
        options or ExtractOptions(),
        deadline_s=PATIENT_S,
        on_provenance=told.append,
    )


def pid_of(pool: DecoderPool) -> int:
    return pool._idle[-1].pid  # the one that takes the next file


def timeless(evidence: Evidence) -> Evidence:
    return dataclasses.replace(evidence, decode_ms=0.0, faces_ms=0.0)


def test_the_child_tells_of_every_frame_that_is_done(pool: DecoderPool) -> None:
    data, told = make_video(frames=12, size=(64, 64)), list[int]()
    options = ExtractOptions(frames=5)
    found = pool.extract(
        iter([data]), len(data), options, deadline_s=PATIENT_S, on_frame=told.append
    )
    assert told == list(range(1, len(found.frames) + 1))
    assert len(told) == 5


@pytest.mark.parametrize("name", MEDIA)
def test_the_sandbox_changes_nothing_about_any_kind_of_file(
    pool: DecoderPool, faces: FaceDetector, name: str
) -> None:
    data, options = MEDIA[name](), ExtractOptions(frames=FEW)
    inside = send(pool, data, options)
    assert timeless(inside) == timeless(extract(data, options, faces))
    assert any(frame.faces for frame in inside.frames)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("jpeg", "image/jpeg"), ("png", "image/png"), ("mp4-h264", "video/mp4")],
)
def test_credentials_are_checked_within_the_sandbox(
    pool: DecoderPool, name: str, media_type: str
) -> None:
    data, told = signed(MEDIA[name](), media_type), list[Provenance]()
    before = pid_of(pool)
    extract_telling(pool, data, told)
    (found,) = told
    assert (found.c2pa.state, found.c2pa.issuer) == (CredentialState.VALID, "Newsroom")
    assert pid_of(pool) == before


def test_a_file_beyond_a_limit_has_a_provenance_all_the_same(pool: DecoderPool) -> None:
    told = list[Provenance]()
    options = ExtractOptions(limits=MediaLimits(max_pixels=1000))
    with pytest.raises(TooManyPixels):
        extract_telling(pool, still("PNG"), told, options)
    assert [found.c2pa.state for found in told] == [CredentialState.NONE]


def test_nothing_is_told_of_what_is_no_file(pool: DecoderPool) -> None:
    told = list[Provenance]()
    with pytest.raises(UnsupportedMedia):
        extract_telling(pool, b"%PDF-1.7 " + bytes(100), told)
    assert told == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyMedia),
        (b"%PDF-1.7 " + bytes(100), UnsupportedMedia),
        (still("PNG")[:200], UnreadableMedia),
        (video("mp4", "libx264")[:900], UnreadableMedia),
        (nested_boxes([b"moov", b"trak", b"mdia", b"minf", b"stbl"], 1_200), UnreadableMedia),
        (nested_boxes([b"moov", b"trak"] + [b"mdia"] * 1_200, 1_202), UnreadableMedia),
    ],
    ids=["empty", "pdf", "cut png", "cut mp4", "nested boxes", "nested mdia boxes"],
)
def test_the_errors_of_a_file_come_through(
    pool: DecoderPool, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        send(pool, data)


def wrapped(cause: Exception) -> UnreadableMedia:
    error = UnreadableMedia("The file cannot be decoded.")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "blames_the_file"),
    [
        (ImportError("DLL load failed: /srv/secret/codec.so: Operation not permitted"), False),
        (PermissionError(1, "Operation not permitted", "/srv/secret"), False),
        (av.error.PermissionError(1, "Operation not permitted"), False),
        (RecursionError("maximum recursion depth exceeded"), False),
        (ValueError("/srv/secret"), False),
        (wrapped(ImportError("/srv/secret/codec.so")), False),
        (wrapped(OSError(13, "Permission denied", "/srv/secret")), False),
        (wrapped(av.error.PermissionError(1, "Operation not permitted")), True),
        (wrapped(ValueError("odd bytes")), True),
        (EmptyMedia(), True),
    ],
    ids=repr,
)
def test_what_the_sandbox_refuses_is_never_blamed_on_the_file(
    error: Exception, blames_the_file: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _as_told(error)
    assert isinstance(told, MediaError) == blames_the_file
    assert isinstance(told, DecoderCrashed) != blames_the_file
    assert "secret" not in told.message
    assert ("secret" in capsys.readouterr().err) == ("secret" in str(error) + str(error.__cause__))


def test_a_damaged_file_that_ffmpeg_has_no_permission_for_is_at_fault(pool: DecoderPool) -> None:
    film = make_video(container="avi")
    with pytest.raises(UnreadableMedia):
        send(pool, film[: film.index(b"movi") + 4])


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("std::bad_alloc")], ids=repr)
def test_an_end_of_memory_is_told_as_such(error: Exception) -> None:
    assert isinstance(_as_told(error), DecoderOutOfMemory)


def test_reading_files_of_every_kind_imports_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    """A module that is imported after the lock-down is named on stderr."""
    decoder = Decoder.start(DecoderConfig())
    for make in MEDIA.values():
        data, options = make(), ExtractOptions(frames=FEW)
        decoder.extract(iter([data]), len(data), options, deadline_s=PATIENT_S, keeps_media=True)
        assert decoder.provenance() is not None
    with caplog.at_level(logging.WARNING):
        decoder.replace("the test has seen enough")
    assert caplog.messages == [f"decoder {decoder.pid} is replaced: the test has seen enough"]


@pytest.mark.parametrize("threads", [1, 2])
def test_codecs_start_no_more_threads_than_the_decoder_may_use(threads: int) -> None:
    decoder = Decoder.start(DecoderConfig(threads=threads))
    options = ExtractOptions(frames=10, sampling=Sampling.EXACT)
    film, small = video("mp4", "libx264", frames=100), still("JPEG")
    try:
        decoder.extract(iter([small]), len(small), ExtractOptions(), deadline_s=PATIENT_S)
        before = decoder._child.count_threads()
        seen, done = [before], threading.Event()

        def watch() -> None:
            while not done.wait(0.002):
                seen.append(decoder._child.count_threads())

        watcher = threading.Thread(target=watch)
        watcher.start()
        decoder.extract(iter([film]), len(film), options, deadline_s=PATIENT_S)
        done.set()
        watcher.join()
    finally:
        decoder.close()
    assert len(seen) > 10
    assert max(seen) <= before + (threads if threads > 1 else 0)


def test_the_limits_of_the_request_hold_in_the_child(pool: DecoderPool) -> None:
    options = ExtractOptions(limits=MediaLimits(max_pixels=1000))
    with pytest.raises(TooManyPixels, match="3,000"):
        send(pool, still("PNG"), options)


def test_a_file_that_needs_too_much_memory_is_said_to_and_the_next_one_works() -> None:
    pool = DecoderPool(DecoderConfig(memory_bytes=256 * 1024**2), 1, spare=0)
    try:
        pool.wait_ready()
        upload = (bytes(1024**2) for _ in range(300))
        with pytest.raises(DecoderOutOfMemory):
            pool.extract(upload, 300 * 1024**2, ExtractOptions(), deadline_s=PATIENT_S)
        assert send(pool, still("JPEG")).frames
    finally:
        pool.close()


def test_a_child_killed_in_the_middle_of_a_file_costs_that_file_only(pool: DecoderPool) -> None:
    data = still("JPEG")

    def chunks() -> Iterator[bytes]:
        yield data[:100]
        (busy,) = pool._busy
        os.kill(busy.pid, signal.SIGKILL)
        yield data[100:]

    with pytest.raises(DecoderCrashed, match="SIGKILL"):
        pool.extract(chunks(), len(data), ExtractOptions(), deadline_s=PATIENT_S)
    assert send(pool, data).frames


def test_the_signals_that_stop_a_worker_end_no_decoder_that_is_in_the_middle_of_a_file(
    pool: DecoderPool,
) -> None:
    data = still("JPEG")

    def chunks() -> Iterator[bytes]:
        yield data[:100]
        (busy,) = pool._busy
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(busy.pid, number)
        yield data[100:]

    assert pool.extract(chunks(), len(data), ExtractOptions(), deadline_s=PATIENT_S).frames


def test_a_file_that_takes_too_long_is_stopped(pool: DecoderPool) -> None:
    with pytest.raises(DecodeTimeout, match=r"0\.01 s"):
        send(pool, video("mp4", "libx264"), deadline_s=0.01)
    assert send(pool, still("JPEG")).frames


def test_many_files_at_once_share_few_children() -> None:
    pool = DecoderPool(DecoderConfig(threads=1), 2, spare=0)
    data, found = still("JPEG"), []
    try:
        pool.wait_ready()
        threads = [
            threading.Thread(target=lambda: found.append(timeless(send(pool, data))))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        pool.close()
    assert len(found) == 6
    assert all(evidence == found[0] for evidence in found)
