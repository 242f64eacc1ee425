"""The pipe's framing, against a child that says anything at all."""

from __future__ import annotations

import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DecoderCrashed
from worker.decoder.wire import (
    MAX_HEADER_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_PART_BYTES,
    MAX_PARTS,
    Message,
    MessageReader,
    encode_message,
)


def raw(header: object) -> bytes:
    data = json.dumps(header).encode()
    return struct.pack("!I", len(data)) + data


def read(data: bytes, step: int) -> Message | None:
    reader = MessageReader()
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
    with pytest.raises(DecoderCrashed, match=f"{MAX_HEADER_BYTES:,}"):
        MessageReader().feed(struct.pack("!I", 2**32 - 1))


@pytest.mark.parametrize(
    "header",
    [
        {"parts": [MAX_PART_BYTES + 1]},
        {"parts": [MAX_PART_BYTES] * (MAX_MESSAGE_BYTES // MAX_PART_BYTES + 1)},
        {"parts": [0] * (MAX_PARTS + 1)},
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
        MessageReader().feed(raw(header))


def test_deeply_nested_json_is_refused() -> None:
    data = b"[" * 50_000
    with pytest.raises(DecoderCrashed):
        MessageReader().feed(struct.pack("!I", len(data)) + data)


def test_bytes_behind_a_message_are_refused() -> None:
    with pytest.raises(DecoderCrashed, match="3 more bytes"):
        MessageReader().feed(encode_message({}, [b"abc"]) + b"xyz")
