"""What of a film's file is missing, and what to do about it."""

from __future__ import annotations

import pytest

from core.errors import UnreadableMedia
from core.media.frames import open_media
from tests.core.media.films import film, info_of, sampled
from tests.media import boxes
from tests.media.mux import mux

FRONT = {"moov_size": "8000"}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def test_a_film_without_its_index_says_so_and_what_to_do() -> None:
    data = boxes.cut_before(mux("h264", "mp4"), "moov")
    with pytest.raises(UnreadableMedia, match=r"no index \(no moov box\).*Download it again"):
        open_media(data)


def test_a_film_that_ends_within_its_index_says_so() -> None:
    whole = mux("h264", "mp4")
    begin = len(boxes.cut_before(whole, "moov"))
    with pytest.raises(UnreadableMedia, match="ends within its index"):
        open_media(whole[: begin + 200])


def test_the_first_segment_of_a_stream_alone_says_so() -> None:
    data = boxes.cut_before(mux("h264", "mp4", options=FRAGMENTS), "moof")
    with pytest.raises(UnreadableMedia, match=r"none of its pictures.*Join the segments"):
        open_media(data)


def test_a_later_segment_of_a_stream_alone_says_so() -> None:
    whole = mux("h264", "mp4", options=FRAGMENTS)
    data = whole[len(boxes.cut_before(whole, "moof")) :]
    with pytest.raises(UnreadableMedia, match="a segment of a stream without"):
        open_media(data)


@pytest.mark.parametrize(
    ("container", "options"),
    [("mp4", FRONT), ("matroska", {}), ("avi", {}), ("mpegts", {})],
)
def test_a_film_that_was_cut_carries_a_note_and_a_whole_one_does_not(
    container: str, options: dict[str, str]
) -> None:
    track = "mpeg4-no-b" if container == "avi" else "h264"
    data = mux(track, container, options=options)
    assert info_of(data).notes == ()
    assert info_of(data[: len(data) * 3 // 4 + 1]).notes == ("truncated_file",)


@pytest.mark.parametrize(
    ("track", "container"), [("h264", "matroska"), ("vp9", "webm"), ("mjpeg", "avi")]
)
def test_what_a_download_filled_with_zeros_is_missing(track: str, container: str) -> None:
    whole = mux(track, container)
    there = len(whole) * 4 // 10
    filled = whole[:there] + bytes(len(whole) - there)
    assert info_of(filled).notes == ("truncated_file",)
    _, coverage = sampled(filled)
    assert coverage.missed_of(10) in (5, 6)


def test_room_behind_the_pictures_of_an_avi_is_not_missing() -> None:
    data = mux("mjpeg", "avi")
    room = b"JUNK" + (len(data) * 2).to_bytes(4, "little") + bytes(len(data) * 2)
    size = (len(data) + len(room) - 8).to_bytes(4, "little")
    info = info_of(data[:4] + size + data[8:] + room)
    assert (info.frames_total, info.notes) == (60, ())


def test_a_second_film_and_sound_are_named_as_not_looked_at() -> None:
    notes = info_of(film("mkv/h264 with fonts, subtitles and sound")).notes
    assert notes == ("audio_not_checked",)
    second = info_of(film("mkv/h264 with a longer second film")).notes
    assert "other_video_streams_ignored" in second


def test_a_film_that_plays_is_not_refused_for_the_name_of_a_box() -> None:
    data = mux("h264", "mp4").replace(b"mdat", b"mdaT", 1)
    assert info_of(data).frames_total == 100
