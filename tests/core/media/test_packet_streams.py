"""Transport streams, program streams and DV are told by their pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.media.packet_streams import transport_packets
from core.media.sniff import HEAD_BYTES, sniff
from tests.core.media.films import sampled
from tests.media.mux import mux


@pytest.mark.parametrize(
    ("muxer", "options", "name"),
    [
        ("mpegts", {}, "ts"),
        ("mpegts", {"mpegts_m2ts_mode": "1"}, "ts"),
        ("vob", {}, "mpg"),
        ("dv", {}, "dv"),
    ],
)
def test_what_cameras_and_broadcasters_write_is_taken(
    muxer: str, options: dict[str, str], name: str
) -> None:
    track = {"vob": "mpeg2", "dv": "dv"}.get(muxer, "h264")
    data = mux(track, muxer, options=options)
    assert sniff(data[:HEAD_BYTES]).name == name
    frames, coverage = sampled(data)
    assert len(frames) == 10
    assert coverage.missed == 0


@given(st.integers(0, 187))
def test_a_stream_received_from_within_a_packet_is_told(missing: int) -> None:
    packet = bytes([0x47, 1, 0, 0x10]) + bytes(184)
    assert transport_packets((packet * 20)[missing:]) == (188, -missing % 188)


@given(st.binary(max_size=700))
def test_a_few_bytes_are_no_transport_stream(head: bytes) -> None:
    assert transport_packets(head) is None or head.count(0x47) >= 4
