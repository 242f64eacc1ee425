from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DecoderCrashed
from core.evidence import Evidence
from tests.core.evidence_factory import crop, evidence


def test_evidence_survives_the_wire() -> None:
    sent = evidence([[crop(0), crop(1)], [], [crop(1, grey=10)]])
    assert Evidence.from_wire(sent.to_wire()) == sent


def test_a_missing_crop_is_noticed() -> None:
    parts = evidence([[crop(0), crop(1)]]).to_wire()
    with pytest.raises(DecoderCrashed):
        Evidence.from_wire(parts[:-1])


def test_a_crop_too_many_is_noticed() -> None:
    parts = evidence([[crop(0)]]).to_wire()
    with pytest.raises(DecoderCrashed, match="more crops than faces"):
        Evidence.from_wire([*parts, b"extra"])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


# The first draw builds hypothesis's table of characters: seconds on a machine at work.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("media", "frames_requested", "frames", "decode_ms", "faces_ms"), JSON
        ),
    )
)
def test_a_hostile_header_is_a_crash_of_the_decoder_and_nothing_else(header: object) -> None:
    with pytest.raises(DecoderCrashed):
        Evidence.from_wire([json.dumps(header).encode()])


@given(st.lists(st.binary(max_size=40), max_size=3))
def test_hostile_parts_are_a_crash_of_the_decoder_and_nothing_else(parts: list[bytes]) -> None:
    with pytest.raises(DecoderCrashed):
        Evidence.from_wire(parts)
