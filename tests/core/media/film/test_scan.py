"""The times of a film come from its packets, whatever its container claims."""

from __future__ import annotations

import io
import re

import av
import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream

from core.errors import TooManyFrames, VideoTooLong
from core.media.film.scan import read_timeline
from core.media.frames import open_media
from core.media.limits import MediaLimits
from tests.core.media.films import film, info_of, sampled
from tests.media import fields
from tests.media.mux import mux
from tests.media.plain import read
from tests.media.scene import number_shown


def packets_of(data: bytes) -> tuple[list[Packet[VideoStream]], VideoStream]:
    container = av.open(io.BytesIO(data), "r")
    stream = container.streams.video[0]
    return [packet for packet in container.demux(stream) if packet.size], stream


@pytest.mark.parametrize("claimed", ["said to last an hour", "said to last a second"])
def test_a_false_duration_is_corrected_and_said(claimed: str) -> None:
    info = info_of(film(f"mkv/h264 {claimed}"))
    assert info.duration_s == pytest.approx(4.0, abs=0.05)
    assert info.notes == ("duration_corrected",)


def test_a_false_duration_beyond_the_limit_does_not_refuse_the_film() -> None:
    with open_media(film("mkv/h264 said to last an hour"), MediaLimits(max_duration_s=60)) as media:
        assert media.info.frames_total == 100


def test_a_film_beyond_the_limit_is_refused_although_it_claims_a_second() -> None:
    with pytest.raises(VideoTooLong, match=r"4\.0 s long; the limit is 3 s"):
        open_media(film("mkv/h264 said to last a second"), MediaLimits(max_duration_s=3))


def test_packets_are_counted_up_to_the_limit_and_no_further() -> None:
    with pytest.raises(TooManyFrames, match="at least 51 frames"):
        open_media(mux("h264", "mpegts"), MediaLimits(max_frames=50))


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_late_last_frame_lies_within_the_film(container: str) -> None:
    data = film(f"{container}/h264 with a late last frame")
    frames, _ = sampled(data, 50)
    length_s = info_of(data).duration_s or 0.0
    assert length_s == pytest.approx(12, abs=0.1)
    assert frames[-1].timestamp_s <= length_s


def test_sound_that_is_longer_does_not_lengthen_the_film() -> None:
    data = film("mkv/h264-long with longer sound")
    info = info_of(data)
    frames, _ = sampled(data)
    assert info.duration_s is not None
    assert frames[-1].timestamp_s == pytest.approx(0.95 * info.duration_s, abs=0.1)


def test_joined_transport_streams_are_one_film_although_their_clock_starts_anew() -> None:
    data = mux("h264", "mpegts") * 2
    info, (frames, coverage) = info_of(data), sampled(data)
    assert info.duration_s == pytest.approx(8.0, abs=0.1)
    assert info.frames_total == 200
    assert [frame.index for frame in frames] == [10, 30, 50, 70, 90, 110, 130, 150, 170, 190]
    assert [number_shown(frame.pixels) for frame in frames] == [
        frame.index % 100 for frame in frames
    ]
    assert coverage.missed == 0


def test_joined_transport_streams_are_one_film_although_their_clock_jumps_ahead() -> None:
    data = mux("h264", "mpegts") + mux("h264", "mpegts", start_s=36_000)
    info, (frames, _) = info_of(data), sampled(data)
    assert info.duration_s == pytest.approx(8.0, abs=0.1)
    assert [frame.index for frame in frames] == [10, 30, 50, 70, 90, 110, 130, 150, 170, 190]


def test_a_clock_is_known_to_start_anew_behind_a_packet_without_times() -> None:
    packets, stream = packets_of(mux("h264", "mpegts") * 2)
    packets[100].pts = packets[100].dts = None
    timeline = read_timeline(packets, stream, MediaLimits(), truncated=False)
    assert timeline is not None
    assert timeline.placed is not None
    shown = sorted(packet.pts or 0 for packet in packets[1:100])
    orders = [[place.order for place in timeline.placed[pts]] for pts in shown]
    assert orders == [[order, order + 100] for order in range(1, 100)]


@pytest.mark.parametrize("container", ["mpegts", "mpeg", "mp4"])
def test_two_fields_are_one_picture(container: str) -> None:
    data = fields.film(container)
    info, (frames, coverage) = info_of(data), sampled(data)
    assert info.duration_s == pytest.approx(1.6)
    assert (info.frames_total, info.notes) == (40, ())
    assert [frame.index for frame in frames] == list(range(2, 40, 4))
    assert [number_shown(frame.pixels) for frame in frames] == list(range(2, 40, 4))
    assert coverage.missed == 0


@pytest.mark.parametrize(
    ("track", "together"), [("h264", 2), ("h264-no-b", 3), ("h264-interlaced", 3)]
)
def test_pictures_that_were_sent_together_share_their_time(track: str, together: int) -> None:
    packets, stream = packets_of(mux(track, "mpegts"))
    for number, packet in enumerate(packets):
        if number % together:
            packet.pts = packet.dts = None
    timeline = read_timeline(packets, stream, MediaLimits(), truncated=False)
    assert timeline is not None
    assert timeline.frames == 100
    assert set(np.diff(timeline.shown)) == {90_000 // 25}


def test_times_of_decoding_that_fall_in_matroska_change_no_time_of_presentation() -> None:
    packets, stream = packets_of(film("mkv/h264"))
    packets[50].dts = (packets[50].dts or 0) - 200
    timeline = read_timeline(packets, stream, MediaLimits(), truncated=False)
    assert timeline is not None
    assert timeline.shown == sorted(packet.pts or 0 for packet in packets)


def test_fragments_in_disorder_keep_all_of_their_pictures() -> None:
    head, *fragments = re.split(b"(?=....moof)", film("fmp4/h264"), flags=re.DOTALL)
    data = head + b"".join([fragments[2], fragments[0], fragments[1]])
    assert info_of(data).frames_total == len(read(data).times_s) > 20


def test_a_pause_in_an_avi_is_part_of_the_film() -> None:
    info = info_of(film("avi/mjpeg with a pause"))
    assert info.duration_s == pytest.approx(32.4, abs=0.05)
    assert info.frames_total == 60


def test_a_stream_received_from_its_middle_on_begins_at_the_first_whole_picture() -> None:
    frames, coverage = sampled(film("ts/h264 received from the middle on"))
    assert len(frames) == 10
    assert coverage.missed == 0


def test_an_edit_list_that_repeats_a_part_keeps_the_times_of_its_edits() -> None:
    info = info_of(film("mp4/h264-open-gop of two parts"))
    assert info.duration_s == pytest.approx(2.0, abs=0.05)
    assert info.frames_total == 50
