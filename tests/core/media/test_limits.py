"""Limits hold before the work that they bound."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import (
    EmptyMedia,
    MediaError,
    MediaTooLarge,
    TooManyFrames,
    TooManyPixels,
    TooManyStreams,
    UnreadableMedia,
    VideoTooLong,
)
from core.media.frames import open_media
from core.media.limits import MediaLimits, refusing
from core.media.syntax.sample_tables import claimed_samples
from tests.media_factory import make_animation, make_image, make_video
from tests.still_factory import claiming, nested_boxes


def test_no_bytes_are_empty_media() -> None:
    with pytest.raises(EmptyMedia):
        open_media(b"")


def test_a_file_over_the_byte_limit_is_refused() -> None:
    with pytest.raises(MediaTooLarge, match="the limit is 100 bytes"):
        open_media(make_image(), MediaLimits(max_bytes=100))


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm", "avi"])
def test_a_video_over_the_duration_limit_is_refused(container: str) -> None:
    with pytest.raises(VideoTooLong):
        open_media(make_video(frames=30, container=container), MediaLimits(max_duration_s=2))


def test_an_animation_over_the_duration_limit_is_refused() -> None:
    with pytest.raises(VideoTooLong):
        open_media(make_animation(frames=6, durations_ms=900), MediaLimits(max_duration_s=5))


def test_a_streamed_recording_without_a_duration_is_measured_and_refused() -> None:
    data = make_video(frames=30, container="webm", seekable=False)
    with pytest.raises(VideoTooLong):
        open_media(data, MediaLimits(max_duration_s=2))


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm", "avi"])
def test_a_video_over_the_frame_limit_is_refused(container: str) -> None:
    with pytest.raises(TooManyFrames):
        open_media(make_video(frames=30, container=container), MediaLimits(max_frames=20))


def test_an_animation_over_the_frame_limit_is_refused() -> None:
    with pytest.raises(TooManyFrames):
        open_media(make_animation(frames=6), MediaLimits(max_frames=5))


def test_a_container_with_many_video_streams_is_refused() -> None:
    with pytest.raises(TooManyStreams, match="1 video streams; the limit is 0"):
        open_media(make_video(frames=10), MediaLimits(max_streams=0))


def test_sound_does_not_count_as_a_video_stream() -> None:
    with open_media(make_video(frames=10, audio=True), MediaLimits(max_streams=1)) as media:
        assert media.info.notes == ("audio_not_checked",)


def test_streams_of_any_kind_are_bounded_too() -> None:
    with pytest.raises(TooManyStreams, match="257 streams; the limit is 256"):
        MediaLimits().check_streams(videos=1, streams=257)


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "avi"])
def test_a_video_with_too_many_pixels_is_refused(container: str) -> None:
    # FFmpeg's own net may be faster, and then the size is not known.
    with pytest.raises((TooManyPixels, UnreadableMedia), match=r"64 x 64|more than 4,000 pixels"):
        open_media(make_video(frames=3, container=container), MediaLimits(max_pixels=4000))


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic"])
def test_an_image_with_too_many_pixels_is_refused(name: str) -> None:
    with pytest.raises(TooManyPixels, match="64 x 48"):
        open_media(make_image(name), MediaLimits(max_pixels=300))


@pytest.mark.parametrize("name", ["png", "gif", "bmp", "jpeg", "tiff"])
def test_a_decompression_bomb_is_refused_by_its_header(name: str) -> None:
    with pytest.raises(TooManyPixels, match="60000 x 60000"):
        open_media(claiming(name, (60_000, 60_000)))


def test_pillows_own_pixel_limit_is_left_alone_and_does_not_decide() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(MediaError):
        open_media(claiming("png", (20_000, 20_000)))
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("codec", ["mjpeg", "png"])
def test_a_still_bomb_inside_a_film_is_refused(codec: str) -> None:
    pix_fmt = "rgb24" if codec == "png" else None
    film = make_video(frames=2, container="mov", codec=codec, pix_fmt=pix_fmt, gop=1)
    mark, shift, order = (b"IHDR", 4, ">II") if codec == "png" else (b"\xff\xc0", 5, ">HH")
    data = bytearray(film)
    at = 0
    while (at := data.find(mark, at)) >= 0:
        struct.pack_into(order, data, at + shift, 30_000, 30_000)
        at += 1
    with pytest.raises((TooManyPixels, UnreadableMedia)):
        open_media(bytes(data))


@pytest.mark.parametrize("table", [b"stts", b"ctts"])
def test_an_mp4_whose_table_claims_gigabytes_is_the_files_fault(table: bytes) -> None:
    data = bytearray(make_video(frames=7, b_frames=2, muxer_options={"moov_size": "2000"}))
    count = data.index(table) + 8
    data[count : count + 4] = (2**28).to_bytes(4, "big")
    with pytest.raises(UnreadableMedia, match="claims more entries"):
        open_media(bytes(data))


def test_an_mp4_that_claims_a_billion_frames_is_refused_before_a_list_is_built() -> None:
    data = bytearray(make_video(frames=4))
    at = data.index(b"stsz")
    struct.pack_into(">III", data, at + 4, 0, 100, 1_000_000_000)
    with pytest.raises(TooManyFrames, match="1,000,000,000"):
        open_media(bytes(data))


def test_memory_errors_are_left_as_they_are() -> None:
    with pytest.raises(MemoryError), refusing("MP4"):
        raise MemoryError


def test_whatever_a_decoder_raises_becomes_unreadable_media() -> None:
    message = "MP4 file cannot be decoded: KeyError"
    with pytest.raises(UnreadableMedia, match=message), refusing("MP4"):
        raise KeyError


def test_a_refused_system_call_is_not_blamed_on_the_file() -> None:
    with pytest.raises(PermissionError), refusing("MP4"):
        raise PermissionError(1, "Operation not permitted")


def test_the_permission_that_ffmpeg_lacks_for_a_damaged_file_is_blamed_on_the_file() -> None:
    film = make_video(container="avi")
    with pytest.raises(UnreadableMedia, match="AVI"):
        open_media(film[: film.index(b"movi") + 4])


def test_a_recursion_error_means_that_the_file_is_at_fault() -> None:
    with pytest.raises(UnreadableMedia, match="nested"), refusing("MP4"):
        raise RecursionError("maximum recursion depth exceeded")


_NESTED = [
    [b"moov"],
    [b"moov", b"trak", b"mdia", b"minf", b"stbl"],
    [b"moov", b"trak", b"mdia"],
    [b"meta"],
    [b"moof", b"traf"],
]


@pytest.mark.parametrize("brand", [b"isom", b"qt  ", b"heic", b"hevc", b"avif", b"avis"])
@pytest.mark.parametrize("names", _NESTED, ids=lambda names: "-".join(map(bytes.decode, names)))
def test_nested_boxes_are_refused_without_a_crash(brand: bytes, names: list[bytes]) -> None:
    head = struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, brand)
    with pytest.raises(MediaError):
        open_media(head + nested_boxes(names, 1_200))


def test_nested_mdia_boxes_do_not_recurse() -> None:
    track = nested_boxes([b"minf", b"stbl"], 2_000)
    for name in (b"mdia", b"trak", b"moov"):
        track = struct.pack(">I", 8 + len(track)) + name + track
    assert claimed_samples(memoryview(track)) == 0


@given(st.lists(st.sampled_from([b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"]), max_size=300))
@settings(max_examples=20, deadline=None)
def test_nested_ebml_elements_are_refused_without_a_crash(names: list[bytes]) -> None:
    content = b""
    for name in names:
        content = name + b"\x01" + len(content).to_bytes(7, "big") + content
    with pytest.raises(MediaError):
        open_media(b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm" + content)


@given(st.integers(8, 200))
@settings(max_examples=20, deadline=None)
def test_tiff_directories_in_a_circle_end(place: int) -> None:
    data = bytearray(make_image("tiff"))
    first = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[first : first + 2], "little")
    data[first + 2 + 12 * entries :][:4] = b"\0" * 4
    struct.pack_into("<I", data, first + 2 + 12 * entries, first if place < 100 else place)
    with contextlib.suppress(MediaError), open_media(bytes(data)) as media:
        assert list(media.frames())
