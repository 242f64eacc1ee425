"""What the worker believes of its decoder's answers."""

from __future__ import annotations

import io

import pytest

from core.errors import DecoderCrashed, TooManyPixels, UnreadableMedia
from core.evidence import Evidence, ExtractOptions
from core.faces.detector import MAX_FACES
from core.media.limits import MediaLimits
from core.options import Sampling
from tests.core.evidence_factory import crop, evidence
from worker.decoder import messages, wire
from worker.decoder.messages import (
    Request,
    encode_error,
    encode_request,
    parse_answer,
    read_request,
)


def answer(found: Evidence) -> wire.Message:
    return wire.Message({}, tuple(found.to_wire()))


def test_a_request_arrives_as_it_was_sent() -> None:
    options = ExtractOptions(
        frames=3, sampling=Sampling.EXACT, crop_size=96, limits=MediaLimits(max_pixels=7)
    )
    request = Request(size=12, cpu_s=1.5, options=options)
    assert read_request(io.BytesIO(encode_request(request))) == request
    assert read_request(io.BytesIO(b"")) is None


def test_evidence_arrives_as_it_was_sent() -> None:
    found = evidence([[crop(), crop(1)], []])
    assert parse_answer(answer(found), ExtractOptions()) == found


def test_an_error_arrives_with_its_code_and_message() -> None:
    sent = TooManyPixels(width=9, height=9, limit=4)
    message = wire.MessageReader().feed(encode_error(sent))
    assert message is not None
    received = parse_answer(message, ExtractOptions())
    assert isinstance(received, TooManyPixels)
    assert received.message == sent.message


def test_a_long_message_is_cut() -> None:
    message = wire.Message({"error": {"code": "unreadable_media", "message": "x" * 10_000}})
    received = parse_answer(message, ExtractOptions())
    assert isinstance(received, UnreadableMedia)
    assert len(received.message) == messages.MAX_ERROR_CHARACTERS


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
        parse_answer(wire.Message({"error": error}), ExtractOptions())
