"""A picture is shown as players show it."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from core.errors import UnsupportedMedia
from core.media.film.picture import View
from core.media.frames import open_media
from tests.core.media.films import film, sampled
from tests.media.mux import mux
from tests.media_factory import make_video, red_corner

GREEN = (40, 200, 60)


def flat(width: int, height: int, matrix: str) -> VideoFrame:
    pixels = np.full((height, width, 3), GREEN, np.uint8)
    rgb = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame = rgb.reformat(format="yuv420p", dst_colorspace=matrix)
    frame.colorspace = 2
    return frame


@pytest.mark.parametrize(
    ("width", "height", "matrix"),
    [
        (1280, 536, "ITU709"),
        (1280, 720, "ITU709"),
        (720, 578, "ITU709"),
        (720, 576, "ITU601"),
        (720, 480, "ITU601"),
        (320, 240, "ITU601"),
    ],
)
def test_untagged_colours_are_those_of_hd_by_width_or_height(
    width: int, height: int, matrix: str
) -> None:
    shown = View().pixels(flat(width, height, matrix))
    assert np.abs(shown[height // 2, width // 2].astype(int) - GREEN).max() <= 3


@pytest.mark.parametrize("tag", [3, 12, 13, 15, 255])
def test_colours_with_a_tag_that_means_nothing_count_as_untagged(tag: int) -> None:
    frame = flat(1280, 720, "ITU709")
    frame.colorspace = tag
    assert np.abs(View().pixels(frame)[300, 300].astype(int) - GREEN).max() <= 3


@pytest.mark.parametrize(("tag", "name"), [(8, "YCgCo"), (11, "YDzDx"), (14, "ICtCp")])
def test_colours_that_cannot_be_converted_are_refused_by_name(tag: int, name: str) -> None:
    frame = flat(320, 240, "ITU601")
    frame.colorspace = tag
    with pytest.raises(UnsupportedMedia, match=f"coded as {name}.*encode it with"):
        View().pixels(frame)


def test_full_range_is_not_stretched_again() -> None:
    frames, _ = sampled(make_video(frames=3, container="mov", codec="mjpeg"), 3)
    assert abs(float(frames[1].pixels[40:, 40:].mean()) - 37) < 3


@pytest.mark.parametrize("name", ["mov/png-icc", "mp4/png-icc"])
def test_a_film_of_png_pictures_with_a_colour_profile_is_decoded(name: str) -> None:
    frames, coverage = sampled(film(name))
    assert len(frames) == 10
    assert coverage.missed == 0


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize(("rotation", "corner"), [(0, "top right"), (180, "bottom left")])
def test_a_mirrored_film_is_mirrored(container: str, rotation: int, corner: str) -> None:
    frames, _ = sampled(make_video(container=container, mirrored=True, rotation=rotation), 1)
    assert red_corner(frames[0].pixels) == corner


def test_each_programme_of_a_broadcast_has_its_own_aspect() -> None:
    wide, narrow = mux("h264-stretched", "mpegts"), mux("h264", "mpegts", start_s=4)
    for data, widths in ((wide + narrow, (213, 160)), (narrow + wide, (160, 213))):
        with open_media(data) as media:
            shown = [frame.pixels.shape[1] for frame in media.frames(8)]
            assert media.info.width == widths[0]
        assert (shown[:4], shown[4:]) == ([widths[0]] * 4, [widths[1]] * 4)
