"""Animated pictures are films with times of their own, whatever their format."""

from __future__ import annotations

import io
import time

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from core.errors import UnreadableMedia
from core.media.frames import open_media
from core.media.sniff import Kind
from tests.media_factory import (
    make_animation,
    make_image,
    make_video,
    picture,
    red_corner,
    shade,
    shown_index,
)
from tests.still_factory import make_apng

FORMATS = ["gif", "webp", "png", "avif"]
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


@pytest.mark.parametrize("name", FORMATS)
def test_an_animation_is_sampled_by_its_times(name: str) -> None:
    data = make_animation(frames=6, format=name, durations_ms=[100, 100, 100, 100, 100, 1000])
    with open_media(data) as media:
        assert media.info.kind is Kind.VIDEO
        assert media.info.duration_s == 1.5
        frames = list(media.frames(3))
    assert [frame.index for frame in frames] == [2, 5]
    assert [frame.timestamp_s for frame in frames] == [0.2, 0.5]
    assert [shown_index(frame.pixels) for frame in frames] == [2, 5]


@pytest.mark.parametrize("name", FORMATS)
def test_a_short_animation_gives_every_frame_once(name: str) -> None:
    with open_media(make_animation(frames=4, format=name)) as media:
        assert [frame.index for frame in media.frames(10)] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", FORMATS)
def test_one_frame_alone_is_an_image(name: str) -> None:
    with open_media(make_animation(frames=1, format=name)) as media:
        assert media.info.kind is Kind.IMAGE
        assert media.info.duration_s is None
        assert len(list(media.frames(10))) == 1


def test_frames_without_a_delay_last_as_long_as_browsers_show_them() -> None:
    with open_media(make_animation(frames=5, durations_ms=0)) as media:
        assert media.info.duration_s == 0.5


def test_a_cut_gif_gives_the_frames_before_the_cut() -> None:
    data = make_animation(frames=8)
    with open_media(data[: len(data) * 2 // 3]) as media:
        frames = list(media.frames(8))
    assert 1 <= len(frames) < 8
    assert [shown_index(frame.pixels) for frame in frames[:-1]] == list(range(len(frames) - 1))


@pytest.mark.parametrize("name", FORMATS)
def test_an_animation_that_ends_early_is_noted(name: str) -> None:
    whole = make_animation(frames=8, format=name)
    with open_media(whole) as media:
        list(media.frames(8))
        assert media.info.notes == ()
    try:
        with open_media(whole[: len(whole) * 2 // 3]) as media:
            assert len(list(media.frames(8))) < 8
            assert media.info.notes == ("truncated_file",)
    except UnreadableMedia:
        assert name in ("webp", "avif")  # libwebp and libavif take whole files only


def test_the_default_image_of_an_animated_png_is_not_a_frame() -> None:
    with open_media(make_apng([1, 2, 3], hidden=9)) as media:
        frames = list(media.frames(10))
        assert media.info.frames_total == 3
    assert [shown_index(frame.pixels) for frame in frames] == [1, 2, 3]
    assert [(frame.index, frame.timestamp_s) for frame in frames] == [(0, 0.0), (1, 0.1), (2, 0.2)]


def test_an_animated_png_of_one_frame_shows_it_and_not_its_default_image() -> None:
    with open_media(make_apng([3], hidden=9)) as media:
        (frame,) = media.frames(10)
        assert media.info.kind is Kind.IMAGE
    assert shown_index(frame.pixels) == 3


def test_the_delays_of_an_animated_png_are_fractions_of_seconds() -> None:
    delays = [(1, 4), (50, 0), (0, 1000)]  # a denominator of 0 stands for 100
    with open_media(make_apng([1, 2, 3], delays=delays)) as media:
        assert [frame.timestamp_s for frame in media.frames(10)] == [0.0, 0.25, 0.75]
        assert media.info.duration_s == 0.85


def test_an_animated_png_whose_header_is_far_behind_is_still_found() -> None:
    profile = np.random.default_rng(0).bytes(9_000)  # the acTL chunk comes after 4096 bytes
    image = Image.fromarray(picture(0, (64, 64)))
    out = io.BytesIO()
    others = [Image.fromarray(picture(1, (64, 64)))]
    image.save(out, "PNG", save_all=True, append_images=others, icc_profile=profile, duration=100)
    with open_media(out.getvalue()) as media:
        assert [shown_index(frame.pixels) for frame in media.frames()] == [0, 1]


@pytest.mark.parametrize("dispose", [0, 1, 2])
def test_blended_pictures_are_painted_over_what_is_left_of_the_one_before(dispose: int) -> None:
    below = Image.new("RGBA", (8, 8), (0, 0, 255, 255))
    above = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    above.paste((255, 0, 0, 255), (0, 0, 4, 4))
    out = io.BytesIO()
    below.save(
        out, "PNG", save_all=True, append_images=[above], disposal=dispose, blend=1, duration=100
    )
    with open_media(out.getvalue()) as media:
        first, second = media.frames()
    # Of the first picture neither "background" nor "previous" leaves anything (APNG, dispose_op).
    left = [0, 0, 255] if dispose == 0 else [255, 255, 255]
    assert first.pixels[7, 7].tolist() == [0, 0, 255]
    assert second.pixels[0, 0].tolist() == [255, 0, 0]
    assert second.pixels[7, 7].tolist() == left


@pytest.mark.parametrize("name", ["webp", "png"])
def test_a_turned_animation_is_shown_upright(name: str) -> None:
    images = [Image.fromarray(picture(index, (64, 48))) for index in range(2)]
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    images[0].save(
        out, name.upper(), save_all=True, append_images=images[1:], duration=100, exif=exif
    )
    with open_media(out.getvalue()) as media:
        frames = list(media.frames())
        assert (media.info.width, media.info.height) == (48, 64)
    assert [red_corner(frame.pixels) for frame in frames] == ["top right"] * 2


def test_an_avif_that_calls_itself_a_still_picture_is_one() -> None:
    """Libavif and browsers choose by the major brand, where a file has a track as well."""
    data = make_animation(format="avif").replace(b"ftypavis", b"ftypavif")
    with open_media(data) as media:
        (frame,) = media.frames()
        assert shown_index(frame.pixels) == 0
        assert (media.info.kind, media.info.notes) == (Kind.IMAGE, ())


def test_an_avif_sequence_is_reached_without_painting_every_frame() -> None:
    with open_media(make_animation(frames=30, format="avif")) as media:
        frames = list(media.frames(3))
    assert [frame.index for frame in frames] == [5, 15, 25]
    assert [shown_index(frame.pixels) for frame in frames] == [5, 15, 25 - 16]


def heif_sequence(beside: bytes = b"") -> bytes:
    """A HEIF image sequence; ``beside`` is a HEIC whose still picture it has as well."""
    film = make_video(frames=8, codec="libx265", muxer_options=FRAGMENTED if beside else None)
    head = bytearray(beside or film)
    head[8:12] = b"hevc"
    rest = film[int.from_bytes(film[:4], "big") :] if beside else b""
    return bytes(head).replace(b"vide", b"pict") + rest.replace(b"vide", b"pict")


@pytest.mark.parametrize("still", [False, True], ids=["alone", "beside a still picture"])
def test_a_heif_sequence_is_a_film(still: bool) -> None:
    with open_media(heif_sequence(make_image("heic") if still else b"")) as media:
        frames = list(media.frames(10))
        assert (media.info.kind, media.info.container) == (Kind.VIDEO, "heic")
    assert [shown_index(frame.pixels) for frame in frames] == list(range(8))


def test_a_burst_of_heic_pictures_is_no_animation() -> None:
    file = pillow_heif.from_pillow(Image.fromarray(picture(4, (64, 48))))
    file.add_from_pillow(Image.fromarray(picture(11, (64, 48))))
    out = io.BytesIO()
    file.save(out)
    with open_media(out.getvalue()) as media:
        (frame,) = media.frames()
        assert media.info.kind is Kind.IMAGE
    assert shown_index(frame.pixels) == 4


@pytest.mark.parametrize("name", FORMATS)
def test_transparency_of_an_animation_is_laid_over_white(name: str) -> None:
    images = [Image.new("RGBA", (16, 16), (shade(n), 0, 0, 0)) for n in range(3)]
    images[1].paste((0, 0, 255, 255), (0, 0, 8, 8))
    out = io.BytesIO()
    images[0].save(out, name.upper(), save_all=True, append_images=images[1:], duration=100)
    with open_media(out.getvalue()) as media:
        frames = list(media.frames())
    assert all(frame.pixels[14, 14].min() > 250 for frame in frames)


def test_bytes_between_the_blocks_of_a_gif_cost_next_to_nothing() -> None:
    data = make_animation(frames=4)
    assert data.endswith(b";")
    started = time.process_time()
    with open_media(data[:-1] + bytes(30_000_000)) as media:
        assert media.info.frames_total == 4
    assert time.process_time() - started < 1  # byte by byte it is 3 s


def test_a_damaged_profile_of_an_animation_is_noted() -> None:
    images = [Image.fromarray(picture(index, (16, 16))) for index in range(2)]
    out = io.BytesIO()
    images[0].save(out, "WEBP", save_all=True, append_images=images[1:], icc_profile=b"junk" * 50)
    with open_media(out.getvalue()) as media:
        assert len(list(media.frames())) == 2
        assert media.info.notes == ("icc_profile_ignored",)
