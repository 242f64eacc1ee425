"""Ten moments get ten pictures, also where keyframes do not lead to them."""

from __future__ import annotations

import io

import av
import pytest
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.media.film import shortcut
from core.media.film.shortcut import Shortcut
from core.media.film.walk import Walk
from core.options import Sampling
from tests.core.media.films import film, info_of, sampled
from tests.media.mux import mux
from tests.media.scene import number_shown


@pytest.mark.parametrize("sampling", list(Sampling))
@pytest.mark.parametrize(
    "name",
    [
        "mp4/h264-intra-refresh",
        "mkv/h264-intra-refresh",
        "mp4/h264 with every frame said to be a keyframe",
        "mp4/h264 whose first frame is no keyframe",
        "mp4/h264 trimmed in front",
        "mp4/h264-one-keyframe trimmed in front",
        "mkv/h264-long with cues for every frame",
    ],
)
def test_a_film_that_plays_gives_every_frame_that_was_asked_for(
    name: str, sampling: Sampling
) -> None:
    frames, coverage = sampled(film(name), 10, sampling)
    assert len(frames) == 10
    assert coverage.missed == 0
    shown = [number_shown(frame.pixels) for frame in frames]
    start = shown[0] - frames[0].index
    assert shown == [start + frame.index for frame in frames]


def test_a_decoder_that_marks_no_keyframe_is_led_by_the_container() -> None:
    frames, _ = sampled(film("mov/cfhd"))
    assert [frame.keyframe for frame in frames] == [True] * 10


def test_a_start_that_leads_nowhere_does_not_cost_the_rest_of_the_film(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[object] = []
    decode = Walk._decode

    def counted(walk: Walk, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        decoded.append(packet)
        return decode(walk, packet)

    monkeypatch.setattr(Walk, "_decode", counted)
    name = "mp4/hevc-long-one-keyframe with every frame said to be a keyframe"
    frames, _ = sampled(film(name), 2)
    assert [frame.index for frame in frames] == [330, 990]
    assert len(decoded) < 4 * 1320  # packets of the film


def test_a_film_whose_middle_does_not_decode_misses_the_moments_there() -> None:
    data = bytearray(mux("h264-long", "mp4"))
    begin = data.index(b"mdat") + 8
    length = data.index(b"moov") - begin
    data[begin + length // 5 : begin + length * 4 // 5] = bytes(length * 3 // 5)
    frames, coverage = sampled(bytes(data))
    assert 4 <= len(frames) <= 6
    assert coverage.missed >= 5
    assert len(coverage.answered) + coverage.missed == 10


@pytest.mark.parametrize("kind", ["h264 mp4", "h264 matroska", "vp9 matroska", "av1 mp4"])
def test_a_beginning_that_does_not_decode_is_missed_and_not_left_out(kind: str) -> None:
    track, container = kind.split()
    data = bytearray(mux(track, container))
    for position, size in packets_of(data)[:60]:
        head = min(8, size)  # the block's in Matroska
        data[position + head : position + size] = bytes(size - head)
    frames, coverage = sampled(bytes(data))
    assert info_of(bytes(data)).frames_total == 100
    assert [number_shown(frame.pixels) for frame in frames] == [frame.index for frame in frames]
    assert coverage.missed >= 5


@pytest.mark.parametrize("sampling", list(Sampling))
@pytest.mark.parametrize("first", [0, 100])
def test_what_follows_a_thousand_packets_that_do_not_decode_is_looked_at(
    sampling: Sampling, first: int
) -> None:
    data = bytearray(mux("h264-long", "mp4"))
    for position, size in packets_of(data)[first : first + 1020]:
        data[position : position + size] = bytes(size)
    frames, coverage = sampled(bytes(data), 10, sampling)
    assert frames[-1].index in (1254, 1260)
    assert len(coverage.answered) + coverage.missed == 10
    assert coverage.missed >= 7
    assert [number_shown(frame.pixels) for frame in frames] == [frame.index for frame in frames]


def packets_of(data: bytes | bytearray) -> list[tuple[int, int]]:
    """Where each packet of a film lies, and its size, in bytes."""
    with av.open(io.BytesIO(data), "r") as container:
        return [(each.pos or 0, each.size) for each in container.demux(video=0) if each.size]


def pixels_of(data: bytes) -> list[bytes]:
    return [frame.pixels.tobytes() for frame in sampled(data)[0]]


@pytest.mark.parametrize("track", ["h264-pyramid", "h264-one-keyframe", "h264-interlaced"])
def test_pictures_are_the_same_whether_others_were_passed_over_or_not(
    track: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = mux(track, "mp4")
    spared = pixels_of(data)
    monkeypatch.setattr(shortcut, "_TELLING", frozenset())
    assert spared == pixels_of(data)


def test_pictures_to_which_no_other_refers_are_not_decoded_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[VideoFrame] = []
    decode = Walk._decode

    def counted(walk: Walk, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        frames = decode(walk, packet)
        decoded.extend(frames)
        return frames

    monkeypatch.setattr(Walk, "_decode", counted)
    frames, _ = sampled(mux("h264-one-keyframe", "mp4"), 2)
    assert len(frames) == 2
    assert len(decoded) < 0.75 * frames[-1].index  # of three pictures two are such


def test_a_picture_that_a_shortcut_loses_is_found_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Shortcut, "_is_passed", lambda self, _: self._open)
    frames, coverage = sampled(mux("h264-one-keyframe", "mp4"))
    assert coverage.missed == 0
    assert [number_shown(frame.pixels) for frame in frames] == [frame.index for frame in frames]


@pytest.mark.parametrize("track", ["h264-one-keyframe", "h264", "vp9"])
def test_no_packet_is_decoded_twice(track: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int | None] = []
    decode = Walk._decode

    def noted(walk: Walk, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        decoded.extend([] if packet is None else [packet.pts])
        return decode(walk, packet)

    monkeypatch.setattr(Walk, "_decode", noted)
    frames, coverage = sampled(mux(track, "matroska"), 10, Sampling.KEYFRAMES)
    assert (len(frames), coverage.missed) == (10, 0)
    assert len(decoded) == len(set(decoded))
