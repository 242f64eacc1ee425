"""Limits hold before the work that they bound."""

from __future__ import annotations

import struct
import zlib

import pytest
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
from tests.media_factory import make_animation, make_image, make_video


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


def test_a_container_with_many_streams_is_refused() -> None:
    with pytest.raises(TooManyStreams):
        open_media(make_video(frames=10, audio=True), MediaLimits(max_streams=1))


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "avi"])
def test_a_video_with_too_many_pixels_is_refused(container: str) -> None:
    # FFmpeg's own net may be faster, and then the size is not known.
    with pytest.raises((TooManyPixels, UnreadableMedia), match=r"64 x 64|more than 4,000 pixels"):
        open_media(make_video(frames=3, container=container), MediaLimits(max_pixels=4000))


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "tiff", "webp", "avif", "heic"])
def test_an_image_with_too_many_pixels_is_refused(name: str) -> None:
    with pytest.raises(TooManyPixels, match="64 x 48"):
        open_media(make_image(name), MediaLimits(max_pixels=3000))


def _png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _huge(name: str) -> bytes:
    """A small file whose header claims 60,000 x 60,000 pixels."""
    if name == "png":
        return _png(60_000, 60_000)
    data = bytearray(make_image(name) if name != "gif" else make_animation(frames=2))
    if name == "gif":
        data[6:10] = struct.pack("<HH", 60_000, 60_000)
    elif name == "bmp":
        data[18:26] = struct.pack("<ii", 60_000, 60_000)
    elif name == "jpeg":
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    elif name == "tiff":
        for tag in (0x0100, 0x0101):
            at = data.index(struct.pack("<H", tag), 8)
            data[at + 8 : at + 12] = struct.pack("<I", 60_000)
    return bytes(data)


@pytest.mark.parametrize("name", ["png", "gif", "bmp", "jpeg", "tiff"])
def test_a_decompression_bomb_is_refused_by_its_header(name: str) -> None:
    with pytest.raises(TooManyPixels, match="60000 x 60000"):
        open_media(_huge(name))


def test_pillows_own_pixel_limit_is_left_alone_and_does_not_decide() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(MediaError):
        open_media(_png(20_000, 20_000))
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


def test_an_mp4_that_claims_a_billion_frames_is_refused_before_a_list_is_built() -> None:
    data = bytearray(make_video(frames=4))
    at = data.index(b"stsz")
    struct.pack_into(">III", data, at + 4, 0, 100, 1_000_000_000)
    with pytest.raises(TooManyFrames, match="1,000,000,000"):
        open_media(bytes(data))


def test_a_matroska_that_claims_a_year_is_refused() -> None:
    data = bytearray(make_video(frames=30, container="mkv"))
    at = data.index(b"\x44\x89\x88")
    struct.pack_into(">d", data, at + 3, 365 * 86_400 * 1000.0)
    with pytest.raises(VideoTooLong):
        open_media(bytes(data))


def test_memory_errors_are_left_as_they_are() -> None:
    with pytest.raises(MemoryError), refusing("MP4"):
        raise MemoryError


def test_whatever_a_decoder_raises_becomes_unreadable_media() -> None:
    message = "MP4 file cannot be decoded: KeyError"
    with pytest.raises(UnreadableMedia, match=message), refusing("MP4"):
        raise KeyError
