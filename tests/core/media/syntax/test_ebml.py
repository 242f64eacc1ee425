"""Hostile elements end the search and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.media.syntax.ebml import SEGMENT, EbmlReader
from tests.media.mux import mux


@given(st.binary(max_size=200))
def test_elements_lie_within_their_bytes(data: bytes) -> None:
    for element in EbmlReader(memoryview(data)).inside():
        assert 0 < element.start <= element.end or element.start > len(data)


def test_nested_elements_without_a_size_end() -> None:
    data = (SEGMENT.to_bytes(4, "big") + b"\xff") * 100_000
    assert list(EbmlReader(memoryview(data)).video_tracks()) == []


def test_the_tracks_of_films_are_found() -> None:
    assert len(list(EbmlReader(memoryview(mux("h264", "matroska"))).video_tracks())) == 1
