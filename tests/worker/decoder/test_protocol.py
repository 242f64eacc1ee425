"""The wire: its framing, and what the worker believes of a child that says anything at all."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import jpeg
from core.errors import DecoderCrashed, TooManyPixels, UnreadableMedia
from core.evidence import Cut, Evidence, ExtractOptions
from core.faces.face import MAX_FACES
from core.media.limits import MediaLimits
from core.options import Sampling
from tests.core.evidence_factory import crop, evidence
from worker.decoder import protocol
from worker.decoder.protocol import (
    Bounds,
    Message,
    MessageReader,
    Request,
    encode_error,
    encode_evidence,
    encode_message,
    encode_progress,
    encode_ready,
    encode_request,
    parse_answer,
    parse_ready,
    read_request,
)

BOUNDS = Bounds(parts=10, part_bytes=1000, total_bytes=5000)


def answer(found: Evidence) -> Message:
    return Message({}, tuple(found.to_wire()))


def test_a_request_arrives_as_it_was_sent() -> None:
    options = ExtractOptions(
        frames=3,
        sampling=Sampling.EXACT,
        crop_size=96,
        crop_margin=0.7,
        video_cut=Cut(224, 0.2),
        preview_side=1280,
        preview_bytes=99,
        limits=MediaLimits(max_pixels=7),
    )
    request = Request(size=12, cpu_s=1.5, options=options)
    assert read_request(io.BytesIO(encode_request(request))) == request
    assert read_request(io.BytesIO(b"")) is None


def test_evidence_arrives_as_it_was_sent() -> None:
    found = evidence([[crop(), crop(1)], []])
    assert parse_answer(answer(found), ExtractOptions()) == found


def test_an_error_arrives_with_its_code_and_message() -> None:
    sent = TooManyPixels(width=9, height=9, limit=4)
    message = MessageReader(BOUNDS).feed(encode_error(sent))
    assert message is not None
    received = parse_answer(message, ExtractOptions())
    assert isinstance(received, TooManyPixels)
    assert received.message == sent.message


def test_a_long_message_is_cut() -> None:
    message = Message({"error": {"code": "unreadable_media", "message": "x" * 10_000}})
    received = parse_answer(message, ExtractOptions())
    assert isinstance(received, UnreadableMedia)
    assert len(received.message) == protocol.MAX_ERROR_CHARACTERS


@pytest.mark.parametrize(
    "frames",
    [[[crop()]] * 4, [[crop()] * (MAX_FACES + 1)]],
    ids=["more frames than asked for", "more faces than are ever found"],
)
def test_more_work_than_an_honest_decoder_can_cause_is_refused(frames: list[list[object]]) -> None:
    with pytest.raises(DecoderCrashed):
        parse_answer(answer(evidence(frames)), ExtractOptions(frames=3))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [None, [], "text", 1, {}, {"code": 1, "message": []}])
def test_an_error_of_any_other_shape_is_refused(error: object) -> None:
    with pytest.raises(DecoderCrashed):
        parse_answer(Message({"error": error}), ExtractOptions())


def raw(header: object) -> bytes:
    data = json.dumps(header).encode()
    return struct.pack("!I", len(data)) + data


def read(data: bytes, step: int) -> Message | None:
    reader = MessageReader(BOUNDS)
    for start in range(0, len(data), step):
        message = reader.feed(data[start : start + step])
    return message


@given(st.lists(st.binary(max_size=300), max_size=8), st.text(max_size=50), st.integers(1, 500))
def test_a_message_survives_being_cut_anywhere(parts: list[bytes], text: str, step: int) -> None:
    assert read(encode_message({"text": text}, parts), step) == Message(
        {"text": text}, tuple(parts)
    )


@given(st.binary(max_size=400), st.integers(1, 50))
def test_noise_is_refused_or_waited_for_but_never_raises_anything_else(
    noise: bytes, step: int
) -> None:
    with contextlib.suppress(DecoderCrashed):
        read(noise or b"\0", step)


def test_a_header_that_announces_too_much_is_refused_after_four_bytes() -> None:
    with pytest.raises(DecoderCrashed, match=f"{BOUNDS.header_bytes:,}"):
        MessageReader(BOUNDS).feed(struct.pack("!I", 2**32 - 1))


@pytest.mark.parametrize(
    "header",
    [
        {"parts": [1001]},
        {"parts": [1000] * 6},
        {"parts": [0] * 11},
        {"parts": [-1]},
        {"parts": [True]},
        {"parts": [1.5]},
        {"parts": ["1"]},
        {"parts": None},
        {"parts": {"1": 2}},
        {},
        [],
        "parts",
        None,
    ],
    ids=str,
)
def test_a_header_out_of_bounds_is_refused_before_any_part_arrives(header: object) -> None:
    with pytest.raises(DecoderCrashed):
        MessageReader(BOUNDS).feed(raw(header))


def test_deeply_nested_json_is_refused() -> None:
    data = b"[" * 50_000
    with pytest.raises(DecoderCrashed):
        MessageReader(BOUNDS).feed(struct.pack("!I", len(data)) + data)


def test_bytes_behind_a_message_are_refused() -> None:
    with pytest.raises(DecoderCrashed, match="3 more bytes"):
        MessageReader(BOUNDS).feed(encode_message({}, [b"abc"]) + b"xyz")


def test_the_largest_honest_answer_is_within_the_bounds() -> None:
    options = ExtractOptions(frames=50, crop_size=480)
    noise = np.random.default_rng(0).integers(0, 2, (480, 480, 3), dtype=np.uint8) * 255
    worst = dataclasses.replace(crop(), jpeg=jpeg.encode(noise.astype(np.uint8)))
    found = evidence([[worst] * MAX_FACES] * 50, requested=50)
    message = MessageReader(Bounds.of(options)).feed(encode_evidence(found))
    assert message is not None
    assert parse_answer(message, options) == found


@pytest.mark.parametrize("size", [32, 96, 224])
def test_no_crop_is_larger_than_its_bound(size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (size, size, 3), dtype=np.uint8) * 255
    largest = ExtractOptions(crop_size=size).largest_crop
    assert largest / 2 < len(jpeg.encode(noise.astype(np.uint8))) <= largest


@pytest.mark.parametrize(("requested", "missed"), [(10, 0), (5, 6)])
def test_an_answer_to_another_question_is_a_crash(requested: int, missed: int) -> None:
    found = evidence([[crop()]], requested=requested, moments_missed=missed)
    with pytest.raises(DecoderCrashed, match="5 frames were asked for"):
        parse_answer(Message({}, tuple(found.to_wire())), ExtractOptions(frames=5))


def test_the_bounds_grow_with_what_was_asked_for() -> None:
    small = Bounds.of(ExtractOptions(frames=1, crop_size=64))
    videos = Bounds.of(ExtractOptions(frames=1, crop_size=64, video_cut=Cut(256, 0.2)))
    assert videos.part_bytes >= ExtractOptions(crop_size=256).largest_crop > small.part_bytes
    large = Bounds.of(ExtractOptions(frames=50, crop_size=64))
    assert small.parts == 1 + MAX_FACES < large.parts == 1 + 50 * MAX_FACES
    assert small.total_bytes < large.total_bytes
    assert small.header_bytes < large.header_bytes


def test_being_ready_names_the_protections() -> None:
    message = MessageReader(Bounds()).feed(encode_ready(["memory-limit"]))
    assert message is not None
    assert parse_ready(message) == {"memory-limit"}


@pytest.mark.parametrize("header", [{}, {"ready": None}, {"ready": {}}, {"error": {}}], ids=str)
def test_another_first_message_is_a_crash(header: dict[str, object]) -> None:
    with pytest.raises(DecoderCrashed):
        parse_ready(Message(header))


def test_control_characters_of_an_error_are_shown_as_escapes() -> None:
    error = {"code": "unreadable_media", "message": "a\nb\x1b[31m\u202ec é"}
    received = parse_answer(Message({"error": error}), ExtractOptions())
    assert isinstance(received, UnreadableMedia)
    assert received.message == r"a\nb\x1b[31m\u202ec é"


def test_a_crash_that_the_child_tells_of_is_marked_as_reported() -> None:
    error = {"code": "decoder_crashed", "message": "RecursionError"}
    received = parse_answer(Message({"error": error}), ExtractOptions())
    assert isinstance(received, DecoderCrashed)
    assert received.reported


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_progress_is_heard_before_the_answer(step: int) -> None:
    told: list[int] = []
    options = ExtractOptions(frames=3)
    found = evidence([[crop()], [crop()]], requested=3)
    sent = encode_progress(1) + encode_progress(2) + encode_evidence(found)
    reader, message = MessageReader(Bounds.of(options), told.append), None
    for start in range(0, len(sent), step):
        message = reader.feed(sent[start : start + step])
    assert told == [1, 2]
    assert message is not None
    assert parse_answer(message, options) == found


@pytest.mark.parametrize("done", [0, 4, -1, True, 1.0, "1", None, [1], 10**30], ids=str)
def test_progress_that_no_honest_decoder_makes_is_a_crash(done: object) -> None:
    reader = MessageReader(Bounds.of(ExtractOptions(frames=3)))
    with pytest.raises(DecoderCrashed, match="3 frames were asked for"):
        reader.feed(encode_message({"frames_done": done}))


def test_progress_only_rises_and_carries_nothing() -> None:
    reader = MessageReader(Bounds.of(ExtractOptions(frames=3)))
    reader.feed(encode_progress(2))
    with pytest.raises(DecoderCrashed, match="2 frames are done after 2"):
        reader.feed(encode_progress(2))
    with pytest.raises(DecoderCrashed):
        MessageReader(Bounds.of(ExtractOptions(frames=3))).feed(
            encode_message({"frames_done": 1}, [b"x"])
        )


def test_a_child_that_is_not_asked_for_frames_tells_no_progress() -> None:
    with pytest.raises(DecoderCrashed):
        MessageReader(Bounds()).feed(encode_progress(1))


PREVIEWS = ExtractOptions(frames=3, preview_side=64, preview_bytes=5000)


def test_previews_that_were_asked_for_are_within_the_bounds() -> None:
    found = evidence([[crop()], []], requested=3, previews=True)
    message = MessageReader(Bounds.of(PREVIEWS)).feed(encode_evidence(found))
    assert message is not None
    assert parse_answer(message, PREVIEWS) == found


@pytest.mark.parametrize(
    "options",
    [
        ExtractOptions(frames=3),
        dataclasses.replace(PREVIEWS, preview_side=63),
        dataclasses.replace(PREVIEWS, preview_bytes=50),
    ],
    ids=["not asked for", "too long", "too many bytes"],
)
def test_a_preview_that_was_not_asked_for_is_a_crash(options: ExtractOptions) -> None:
    found = evidence([[crop()]], requested=3, previews=True)
    with pytest.raises(DecoderCrashed, match="preview"):
        parse_answer(answer(found), options)


def test_a_preview_that_is_no_jpeg_never_reaches_a_browser() -> None:
    found = evidence([[crop()]], requested=3, previews=True)
    header, one_crop, _ = found.to_wire()
    with pytest.raises(DecoderCrashed, match="0 x 0"):
        parse_answer(Message({}, (header, one_crop, b"<script>alert(1)</script>")), PREVIEWS)
