"""Films of every container give the right frames, with the right numbers."""

from __future__ import annotations

import contextlib
import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import MediaError, UnreadableMedia
from core.media.frames import Frame, open_media
from core.media.sniff import Kind
from core.options import Sampling
from tests.media_factory import (
    make_animation,
    make_audio,
    make_image,
    make_video,
    red_corner,
    shade,
    shown_index,
)

CONTAINERS = ["mp4", "mov", "mkv", "webm", "avi"]
FRONT = {"moov_size": "20000"}  # the header in front, as after -movflags faststart
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def frames_of(data: bytes, count: int = 10, sampling: Sampling = Sampling.KEYFRAMES) -> list[Frame]:
    with open_media(data) as media:
        return list(media.frames(count, sampling))


def assert_true_numbers(frames: list[Frame], fps: int = 10) -> None:
    """Every picture is the one that its index and timestamp say."""
    for frame in frames:
        assert shown_index(frame.pixels) == frame.index % 16
        assert frame.timestamp_s == pytest.approx(frame.index / fps, abs=0.002)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("b_frames", [0, 2])
def test_exact_sampling_gives_the_frame_on_display_at_the_centre_of_each_slice(
    container: str, b_frames: int
) -> None:
    b_frames = 0 if container == "webm" else b_frames
    frames = frames_of(
        make_video(frames=30, container=container, b_frames=b_frames), 5, Sampling.EXACT
    )
    assert [frame.index for frame in frames] == [3, 9, 15, 21, 27]
    assert_true_numbers(frames)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm"])
def test_keyframe_sampling_takes_near_keyframes_alone(container: str) -> None:
    frames = frames_of(make_video(frames=30, container=container), 5)
    assert [frame.index for frame in frames] == [5, 10, 15, 20, 25]
    assert all(frame.keyframe for frame in frames)
    assert_true_numbers(frames)


@pytest.mark.parametrize("frames", [11, 13, 15])
@pytest.mark.parametrize("gop", [1, 2, 3, 4])
def test_a_film_with_few_frames_more_than_asked_for_gives_as_many_as_asked_for(
    frames: int, gop: int
) -> None:
    found = frames_of(make_video(frames=frames, gop=gop))
    assert len(found) == 10
    assert_true_numbers(found)


def test_keyframe_sampling_decodes_forward_where_no_keyframe_is_near() -> None:
    frames = frames_of(make_video(frames=40, gop=40), 4)
    assert [(frame.index, frame.keyframe) for frame in frames] == [
        (0, True),
        (15, False),
        (25, False),
        (35, False),
    ]
    assert_true_numbers(frames)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("sampling", list(Sampling))
def test_a_clip_with_fewer_frames_than_asked_for_gives_each_once(
    container: str, sampling: Sampling
) -> None:
    frames = frames_of(make_video(frames=4, container=container), 10, sampling)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert_true_numbers(frames)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_streamed_file_without_index_or_duration_is_sampled_evenly(container: str) -> None:
    options = FRAGMENTED if container in ("mp4", "mov") else {}
    data = make_video(frames=30, container=container, seekable=False, muxer_options=options)
    with open_media(data) as media:
        assert media.info.duration_s == pytest.approx(3.0, abs=0.05)
        frames = list(media.frames(5, Sampling.EXACT))
    assert [frame.index for frame in frames] == [3, 9, 15, 21, 27]
    assert_true_numbers(frames)


def test_a_film_of_variable_rate_keeps_its_real_indices() -> None:
    data = make_video(frames=8, times=[0, 10, 20, 500, 600, 1900, 1910, 2000])
    frames = frames_of(data, 6, Sampling.EXACT)
    assert [frame.index for frame in frames] == [2, 3, 4, 6]
    assert [frame.timestamp_s for frame in frames] == pytest.approx([0.02, 0.5, 0.6, 1.91])


def test_pictures_before_an_edit_list_starts_do_not_count() -> None:
    data = make_video(frames=20, times=[-300 + 100 * index for index in range(20)])
    frames = frames_of(data, 17, Sampling.EXACT)
    assert frames[0].timestamp_s == 0.0
    assert [frame.index for frame in frames] == list(range(17))
    assert shown_index(frames[0].pixels) == 3


@pytest.mark.parametrize("sampling", list(Sampling))
def test_leading_pictures_of_open_groups_are_never_given_broken(sampling: Sampling) -> None:
    options = {"x264-params": "open-gop=1:bframes=3:keyint=10:min-keyint=10:b-adapt=0"}
    frames = frames_of(make_video(frames=40, gop=10, b_frames=3, options=options), 7, sampling)
    assert len(frames) == 7
    assert_true_numbers(frames)


@pytest.mark.parametrize(
    ("container", "codec", "pix_fmt"),
    [
        ("mp4", "libx265", "yuv420p"),
        ("mp4", "libx265", "yuv420p10le"),
        ("webm", "libvpx-vp9", "yuv420p"),
        ("mov", "mjpeg", None),
        ("mov", "png", "rgb24"),
        ("mkv", "ffv1", "yuv444p"),
    ],
)
def test_other_codecs_and_10_bits_come_out_as_8_bit_rgb(
    container: str, codec: str, pix_fmt: str | None
) -> None:
    frames = frames_of(make_video(frames=20, container=container, codec=codec, pix_fmt=pix_fmt), 4)
    assert {(frame.pixels.shape, frame.pixels.dtype) for frame in frames} == {
        ((64, 64, 3), np.dtype(np.uint8))
    }
    assert_true_numbers(frames)


@pytest.mark.parametrize(
    ("rotation", "corner"), [(90, "bottom left"), (180, "bottom right"), (270, "top right")]
)
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_turned_film_is_shown_upright(container: str, rotation: int, corner: str) -> None:
    with open_media(make_video(size=(64, 32), container=container, rotation=rotation)) as media:
        frames = list(media.frames(2))
        shown = (media.info.width, media.info.height)
    assert shown == ((32, 64) if rotation % 180 else (64, 32))
    assert {frame.pixels.shape[:2] for frame in frames} == {shown[::-1]}
    assert {red_corner(frame.pixels) for frame in frames} == {corner}


def test_a_mirrored_film_is_mirrored_and_not_turned() -> None:
    assert red_corner(frames_of(make_video(mirrored=True), 1)[0].pixels) == "top right"


def test_pixels_that_are_not_square_are_stretched() -> None:
    with open_media(make_video(size=(64, 64), aspect=Fraction(3, 2))) as media:
        assert (media.info.width, media.info.height) == (96, 64)
        assert next(media.frames(1)).pixels.shape == (64, 96, 3)


@pytest.mark.parametrize("container", ["mkv", "webm", "avi"])
def test_a_cut_file_is_sampled_over_what_is_left(container: str) -> None:
    data = make_video(frames=30, container=container)
    begin = max(0, data.find(b"movi"))  # an AVI begins with kilobytes of padding
    frames = frames_of(data[: begin + (len(data) - begin) * 2 // 3], 5)
    assert len(frames) == 5
    assert_true_numbers(frames)


def test_a_cut_mp4_with_its_header_in_front_is_sampled_over_what_is_left() -> None:
    data = make_video(frames=60, muxer_options=FRONT)
    assert data.index(b"moov") < data.index(b"mdat")
    begin = data.index(b"mdat")
    frames = frames_of(data[: begin + (len(data) - begin) // 2], 5)
    assert len(frames) == 5
    assert frames[-1].index < 45
    assert_true_numbers(frames)


def test_a_video_without_a_decodable_frame_is_unreadable() -> None:
    data = make_video(frames=5, muxer_options=FRONT)
    with pytest.raises(UnreadableMedia, match="No frame of the MP4 file"):
        open_media(data[: data.index(b"mdat") + 4])


def test_damaged_packets_in_the_middle_are_skipped() -> None:
    data = bytearray(make_video(frames=60, gop=5, muxer_options=FRONT))
    begin = data.index(b"mdat") + 8
    middle = begin + (len(data) - begin) // 2
    data[middle : middle + 600] = bytes(600)
    frames = frames_of(bytes(data), 12)
    assert len(frames) >= 8
    assert frames[-1].index > 50


def test_a_sound_recording_has_no_video_stream() -> None:
    with pytest.raises(UnreadableMedia, match=r"no video stream.*audio"):
        open_media(make_audio())


def test_frames_can_be_asked_for_again() -> None:
    with open_media(make_video(frames=30, container="mkv", seekable=False)) as media:
        first = [frame.index for frame in media.frames(5, Sampling.EXACT)]
        assert [frame.index for frame in media.frames(5, Sampling.EXACT)] == first


def test_any_buffer_is_taken() -> None:
    data = make_video(frames=5)
    for buffer in (data, bytearray(data), memoryview(data)):
        with open_media(buffer) as media:
            assert len(list(media.frames(5))) == 5


def test_asking_for_no_frame_is_the_callers_mistake() -> None:
    with open_media(make_image()) as media, pytest.raises(ValueError, match="at least 1"):
        media.frames(0)


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm"])
@pytest.mark.parametrize("seekable", [True, False])
def test_a_film_of_many_frames_has_exact_indices(container: str, seekable: bool) -> None:
    options = FRAGMENTED if container == "mp4" and not seekable else {}
    data = make_video(
        frames=1_100, fps=25, gop=50, size=(32, 32), container=container, seekable=seekable,
        muxer_options=options,
    )  # fmt: skip
    with open_media(data) as media:
        assert media.info.frames_total == 1_100
        indices = [frame.index for frame in media.frames(11)]
    assert indices == [50, 150, 250, 350, 450, 550, 650, 750, 850, 950, 1050]


def test_a_playlist_dressed_as_a_film_reaches_no_other_file() -> None:
    playlist = b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    with pytest.raises(UnreadableMedia):
        open_media(playlist)


_FILES = {
    **{name: make_video(frames=12, size=(32, 32), container=name) for name in CONTAINERS},
    "faststart": make_video(frames=12, size=(32, 32), muxer_options=FRONT),
    "fragmented": make_video(frames=12, size=(32, 32), muxer_options=FRAGMENTED),
    "gif": make_animation(frames=4, size=(32, 32)),
    "webp animation": make_animation(frames=4, size=(32, 32), format="webp"),
    **{
        name: make_image(name, (32, 32))
        for name in ("jpeg", "png", "bmp", "tiff", "webp", "avif", "heic")
    },
}


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@pytest.mark.parametrize("name", list(_FILES))
@given(data=st.data())
def test_damaged_files_give_frames_in_order_or_a_media_error(
    name: str, data: st.DataObject
) -> None:
    hurt = bytearray(_FILES[name])
    for _ in range(data.draw(st.integers(0, 8))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    hurt = hurt[: data.draw(st.integers(1, len(hurt)))]
    sampling = data.draw(st.sampled_from(Sampling))
    with contextlib.suppress(MediaError), open_media(hurt) as media:
        frames = list(media.frames(5, sampling))
        assert len(frames) <= 5
        assert all(a.index < b.index for a, b in itertools.pairwise(frames))
        assert all(a.timestamp_s < b.timestamp_s for a, b in itertools.pairwise(frames))
        assert all(frame.pixels.dtype == np.uint8 for frame in frames)


def test_the_info_of_a_video_is_what_is_displayed() -> None:
    with open_media(make_video(frames=20, size=(64, 48))) as media:
        info = media.info
    assert (info.kind, info.container, info.codec) == (Kind.VIDEO, "mp4", "h264")
    assert (info.width, info.height) == (64, 48)
    assert info.duration_s == pytest.approx(2.0)


def test_the_grey_of_a_frame_survives_within_two_steps() -> None:
    frame = frames_of(make_video(frames=3), 3)[1]
    assert abs(float(frame.pixels[40:, 40:].mean()) - shade(1)) < 3
