"""Packets are found by their place in the file, wherever a seek leads."""

from __future__ import annotations

from typing import Any

import pytest

from core.media.film import packets
from core.options import Sampling
from tests.core.media.films import film, sampled
from tests.media.mux import mux
from tests.media.scene import number_shown

NAMES = ["mkv/h264-long with half the cues", "mkv/h264-long without cues", "mp4/h264-long"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sampling", list(Sampling))
def test_pictures_are_the_same_whether_packets_are_sought_or_read_over(
    name: str, sampling: Sampling, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_over, _ = sampled(film(name), 10, sampling)
    monkeypatch.setattr(packets, "_READ_ON", 0)
    sought, _ = sampled(film(name), 10, sampling)
    assert [frame.index for frame in sought] == [frame.index for frame in read_over]
    assert all((a.pixels == b.pixels).all() for a, b in zip(sought, read_over, strict=True))


def test_a_seek_that_goes_astray_costs_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packets, "_READ_ON", 0)
    monkeypatch.setattr(packets, "_ASTRAY", 0)  # no packet after a seek is recognised
    frames, coverage = sampled(mux("h264-long", "matroska"))
    assert len(frames) == 10
    assert coverage.missed == 0


def test_packets_that_an_edit_list_repeats_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packets, "_READ_ON", 0)
    frames, _ = sampled(film("mp4/h264 of two parts"))
    shown: list[Any] = [number_shown(frame.pixels) for frame in frames]
    assert shown == sorted(shown)
    assert len(frames) == 10


def test_a_transport_stream_to_which_streams_are_added_is_read_to_its_end() -> None:
    film_alone, two = mux("h264", "mpegts"), bytearray(mux("h264", "mpegts"))
    for at in range(0, len(two), 188):  # the second half has its film in another stream
        if int.from_bytes(two[at + 1 : at + 3], "big") & 0x1FFF == 0x100:
            two[at + 2] = 0x05
    data = film_alone + bytes(two).replace(b"\xe1\x00", b"\xe1\x05")
    frames, _ = sampled(data)
    assert len(frames) == 10
