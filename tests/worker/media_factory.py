"""Small files of every kind that is taken, each with a face in it, made in code."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import av
import numpy as np
import pillow_heif
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage import data

from core.media.colour import matrix_profile
from tests.made_once import made_once
from tests.scheduling import as_scheduled_before

# Encoders of every text format are told its styles in the words of ASS.
_ASS_HEADER = b"""[Script Info]
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Arial,16,&Hffffff
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@cache
def face() -> NDArray[np.uint8]:
    """(256, 256, 3) uint8 RGB: the head and shoulders of an astronaut."""
    return np.ascontiguousarray(data.astronaut()[:256, 96:352])


def still(name: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(face()).save(out, name, **options)
    return out.getvalue()


def animated(name: str) -> bytes:
    frames = [Image.fromarray(np.roll(face(), 4 * n, axis=1)) for n in range(4)]
    out = io.BytesIO()
    frames[0].save(out, name, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def heic() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(face())).save(out)
    return out.getvalue()


def heic_sequence() -> bytes:
    """A HEIF film: the tracks of an MP4 whose brand and handler say that they hold pictures."""
    film = video("mp4", "libx265")
    return film[:8] + b"hevc" + film[12:].replace(b"vide", b"pict")


def with_profile() -> bytes:
    """A JPEG in linear light, as its ICC profile says."""
    light = Image.fromarray((255 * (face() / 255.0) ** 2.2).round().astype(np.uint8))
    out = io.BytesIO()
    profile = matrix_profile.build(matrix_profile.SRGB, matrix_profile.Curve.LINEAR)
    light.save(out, "JPEG", quality=95, icc_profile=profile)
    return out.getvalue()


@made_once
def lab() -> bytes:
    """A TIFF in CIE Lab, as editors of print write them."""
    spaces = (ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"))
    out = io.BytesIO()
    picture = ImageCms.profileToProfile(Image.fromarray(face()), *spaces, outputMode="LAB")
    assert picture is not None
    picture.save(out, "TIFF")
    return out.getvalue()


@made_once
@as_scheduled_before()
def video(container: str, codec: str, *, frames: int = 20) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        stream = target.add_stream(codec, rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        for n in range(frames):
            picture = av.VideoFrame.from_ndarray(np.roll(face(), 2 * n, axis=1), format="rgb24")
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    return out.getvalue()


@made_once
def subtitled(container: str, codec: str, subtitles: str) -> bytes:
    """A film with a track of text; what is said does not matter to whoever looks at faces."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as target:
        film = target.add_stream(codec, rate=10)
        assert isinstance(film, VideoStream)
        film.width, film.height, film.pix_fmt = 256, 256, "yuv420p"
        text = target.add_stream(subtitles)
        assert isinstance(text, SubtitleStream)
        text.time_base = Fraction(1, 1000)
        text.codec_context.subtitle_header = _ASS_HEADER
        for n in range(20):
            picture = av.VideoFrame.from_ndarray(np.roll(face(), 2 * n, axis=1), format="rgb24")
            target.mux(film.encode(picture))
        packet = av.Packet(b"\0\2hi" if subtitles == "mov_text" else b"0,0,Default,,0,0,0,,hi")
        packet.stream, packet.pts, packet.dts, packet.duration = text, 0, 0, 1000
        packet.time_base = Fraction(1, 1000)
        target.mux(packet)
        target.mux(film.encode())
    return out.getvalue()


MEDIA: dict[str, Callable[[], bytes]] = {
    "mp4-h264": lambda: video("mp4", "libx264"),
    "mov-hevc": lambda: video("mov", "libx265"),
    "mp4-av1": lambda: video("mp4", "libsvtav1"),
    "mkv-h264": lambda: video("matroska", "libx264"),
    "webm-vp9": lambda: video("webm", "libvpx-vp9"),
    "mkv-srt": lambda: subtitled("matroska", "libx264", "srt"),
    "mkv-ass": lambda: subtitled("matroska", "libx264", "ass"),
    "webm-webvtt": lambda: subtitled("webm", "libvpx-vp9", "webvtt"),
    "mp4-mov_text": lambda: subtitled("mp4", "libx264", "mov_text"),
    "avi-mpeg4": lambda: video("avi", "mpeg4"),
    "jpeg": lambda: still("JPEG"),
    "png": lambda: still("PNG"),
    "bmp": lambda: still("BMP"),
    "tiff": lambda: still("TIFF", compression="tiff_lzw"),
    "webp": lambda: still("WEBP"),
    "avif": lambda: still("AVIF"),
    "heic": heic,
    "jpeg-profile": with_profile,
    "jpeg-progressive-cut": lambda: still("JPEG", progressive=True)[:-9],
    "jpeg-with-clip": lambda: still("JPEG") + video("mp4", "libx264", frames=3),
    "tiff-lab": lab,
    "tiff-deflate": lambda: still("TIFF", compression="tiff_adobe_deflate"),
    "gif": lambda: animated("GIF"),
    "webp-animated": lambda: animated("WEBP"),
    "png-animated": lambda: animated("PNG"),
    "avif-animated": lambda: animated("AVIF"),
    "heic-animated": heic_sequence,
}
