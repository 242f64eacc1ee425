from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import DecoderCrashed
from core.evidence import Evidence
from tests.core.evidence_factory import crop, evidence, preview


def test_evidence_survives_the_wire() -> None:
    sent = evidence([[crop(0), crop(1)], [], [crop(1, grey=10)]])
    assert Evidence.from_wire(sent.to_wire()) == sent


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("frames_requested",), -1),
        (("moments_missed",), 1.5),
        (("covered_s",), -1),
        (("decode_ms",), 1e300),
        (("media", "width"), 10**400),
        (("media", "height"), -5),
        (("media", "height"), True),
        (("media", "frames_total"), 1e300),
        (("media", "duration_s"), -1),
        (("media", "duration_s"), "nan"),
        (("media", "container"), "<script>"),
        (("media", "codec"), "h264\nERROR forged"),
        (("media", "codec"), "x" * 65),
        (("media", "codec"), None),
        (("media", "notes"), ["\x1b[2J"]),
        (("media", "notes"), [7]),
        (("frames", 0, "index"), -1),
        (("frames", 0, "index"), 30),
        (("frames", 0, "timestamp_s"), -1e300),
        (("frames", 0, "faces", 0, "box"), [0.5, 0.5, 0.6, 0.1]),
        (("frames", 0, "faces", 0, "box"), [0.5, 0.5, 0.1, 0.6]),
        (("frames", 0, "faces", 0, "box"), ["x" * 100_000] * 4),
        (("frames", 0, "faces", 0, "cut"), [0.5, 0.5, 0.6, 0.1]),
        (("frames", 0, "faces", 0, "cut"), "all"),
        (("frames", 0, "faces", 0, "identity"), 10**400),
        (("frames", 0, "faces", 0, "width_px"), 10**400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_file_can_make_an_honest_decoder_say_is_a_crash(
    at: tuple[str | int, ...], value: object
) -> None:
    header, *jpegs = evidence([[crop(0)], [crop(0)]]).to_wire()
    tree = json.loads(header)
    *path, last = at
    node = tree
    for step in path:
        node = node[step]
    node[last] = value
    with pytest.raises(DecoderCrashed, match="malformed") as caught:
        Evidence.from_wire([json.dumps(tree).encode(), *jpegs])
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


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


def test_previews_survive_the_wire_beside_the_crops() -> None:
    sent = evidence([[crop(0)], [], [crop(0), crop(1)]], previews=True)
    received = Evidence.from_wire(sent.to_wire())
    assert received == sent
    assert [frame.preview for frame in received.frames] == [preview(n) for n in range(3)]


def test_a_missing_preview_is_noticed() -> None:
    parts = evidence([[crop(0)]], previews=True).to_wire()
    with pytest.raises(DecoderCrashed):
        Evidence.from_wire(parts[:-1])
