"""Video tracks, each encoded once and then put into as many containers as take it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageCms

from tests.media import hdr
from tests.media.scene import SIZE, Size, scene

Options = dict[str, str]
_BT2020, _BT2020_NCL = 9, 9  # of ITU-T H.273


@dataclass(frozen=True)
class Track:
    """How a track is encoded; ``home`` is a container that keeps its packets as they are."""

    encoder: str
    options: Options = field(default_factory=dict)
    pix_fmt: str = "yuv420p"
    frames: int = 100
    rate: int = 25
    gop: int = 20
    b_frames: int = 0
    size: Size = SIZE
    home: str = "mov"
    transfer: int | None = None  # PQ or HLG
    icc: bool = False  # PNG pictures with a colour profile
    full_range: bool = False
    aspect: Fraction = Fraction(1)  # of a pixel
    source_matrix: str | None = None  # of the pictures' conversion, where it is not the default


@dataclass(frozen=True)
class Coded:
    """One packet, in the order of decoding."""

    number: int  # of the frame, in the order of presentation
    keyframe: bool
    data: bytes


@dataclass(frozen=True)
class Encoded:
    """A track's packets, and a stream that describes them to a muxer."""

    track: Track
    stream: VideoStream
    packets: tuple[Coded, ...]

    @property
    def delay(self) -> int:
        """How many frames a decoder holds back to put them in order."""
        return max(at - packet.number for at, packet in enumerate(self.packets))


def _x264(parameters: str) -> Options:
    return {"preset": "ultrafast", "qp": "16", "x264-params": f"{parameters}:scenecut=0:threads=1"}


_X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=20:min-keyint=20:qp=16"}
_DEEP: dict[str, Any] = {"pix_fmt": "yuv420p10le", "b_frames": 2}
_VPX = {"deadline": "realtime", "cpu-used": "8", "b": "3M"}
_SVT = {"preset": "11", "crf": "12", "svtav1-params": "lp=1"}
_MPEG = {"qmin": "2", "qmax": "2", "sc_threshold": "1000000000"}
_B = "keyint=20:min-keyint=20:bframes=2:b-adapt=0"
_LONG: dict[str, Any] = {"frames": 1320, "rate": 30, "gop": 60, "size": (96, 72)}

TRACKS: dict[str, Track] = {
    "h264": Track("libx264", _x264(_B), b_frames=2),
    "h264-no-b": Track("libx264", _x264("keyint=20:min-keyint=20:bframes=0")),
    "h264-avi": Track("libx264", _x264("keyint=20:min-keyint=20:bframes=0"), home="avi"),
    "h264-b-avi": Track("libx264", _x264(_B), b_frames=2, home="avi"),
    "h264-open-gop": Track(
        "libx264", _x264("keyint=20:min-keyint=20:open-gop=1:bframes=3:b-adapt=0"), b_frames=3
    ),
    "h264-intra-refresh": Track("libx264", _x264("intra-refresh=1:keyint=20:bframes=0")),
    "h264-one-keyframe": Track("libx264", _x264("keyint=infinite:bframes=2"), gop=600, b_frames=2),
    "h264-422-10": Track("libx264", _x264(_B), pix_fmt="yuv422p10le", b_frames=2),
    "h264-full-range": Track("libx264", _x264(_B), pix_fmt="yuvj420p", b_frames=2, full_range=True),
    "h264-few": Track("libx264", _x264(_B), frames=7, b_frames=2),
    "h264-wide": Track(
        "libx264", _x264(_B), frames=24, size=(1280, 536), b_frames=2, source_matrix="itu709"
    ),
    "h264-stretched": Track("libx264", _x264(_B), b_frames=2, aspect=Fraction(4, 3)),
    "h264-long": Track(
        "libx264", _x264("keyint=60:min-keyint=60:bframes=2:b-adapt=0"), b_frames=2, **_LONG
    ),
    "hevc": Track("libx265", _X265, b_frames=2),
    "hevc-10": Track("libx265", _X265, **_DEEP),
    "hevc-pq": Track("libx265", _X265, frames=40, transfer=hdr.PQ, **_DEEP),
    "hevc-hlg": Track("libx265", _X265, frames=40, transfer=hdr.HLG, **_DEEP),
    "vp8": Track("libvpx", _VPX, home="matroska"),
    "vp8-long": Track("libvpx", _VPX, home="matroska", **_LONG),
    "vp9": Track("libvpx-vp9", _VPX, home="matroska"),
    "av1": Track("libsvtav1", _SVT, home="mp4"),
    "av1-pq": Track(
        "libsvtav1", _SVT, pix_fmt="yuv420p10le", frames=40, home="mp4", transfer=hdr.PQ
    ),
    "mpeg4": Track("mpeg4", _MPEG, b_frames=2),
    "mpeg4-no-b": Track("mpeg4", _MPEG),
    "mpeg4-avi": Track("mpeg4", _MPEG, b_frames=2, home="avi"),
    "mpeg2": Track("mpeg2video", _MPEG, b_frames=2),
    "mjpeg": Track(
        "mjpeg", {"qmin": "2", "qmax": "2"}, pix_fmt="yuvj420p", frames=60, full_range=True
    ),
    "prores": Track("prores_ks", {"profile": "lt"}, pix_fmt="yuv422p10le", frames=40),
    "png": Track("png", pix_fmt="rgb24", frames=30),
    "png-icc": Track("png", pix_fmt="rgb24", frames=30, icc=True),
    "ffv1": Track("ffv1", {"level": "3"}, frames=40, home="matroska"),
    "huffyuv": Track("ffvhuff", frames=30, home="avi"),
    "dnxhr": Track("dnxhd", {"profile": "dnxhr_lb"}, pix_fmt="yuv422p", frames=30, size=(256, 144)),
    "dv": Track("dvvideo", pix_fmt="yuv420p", frames=25, size=(720, 576), aspect=Fraction(16, 15)),
}


@cache
def encoded(name: str) -> Encoded:
    """The packets of ``TRACKS[name]``."""
    track = TRACKS[name]
    source = av.open(io.BytesIO(encode(track)), "r")
    stream = source.streams.video[0]
    packets = [packet for packet in source.demux(stream) if packet.size and packet.pts is not None]
    order = sorted(packet.pts for packet in packets if packet.pts is not None)
    numbers = {pts: number for number, pts in enumerate(order)}
    coded = tuple(
        Coded(numbers[packet.pts or 0], packet.is_keyframe, bytes(packet)) for packet in packets
    )
    assert len(coded) == track.frames, (name, len(coded))
    return Encoded(track, stream, coded)


def encode(track: Track) -> bytes:
    """The track in its home container."""
    os.environ.setdefault("SVT_LOG", "0")  # else SVT-AV1 writes twenty lines to stderr
    out = io.BytesIO()
    with av.open(out, "w", format=track.home) as file:
        stream = add_encoder(file, track)
        if track.icc:
            file.mux(list(_png_packets(track, stream)))
        else:
            for picture in _pictures(track):
                file.mux(stream.encode(picture))
            file.mux(stream.encode())
    return out.getvalue()


def add_encoder(file: OutputContainer, track: Track) -> Any:
    """A stream of that file that encodes as the track says."""
    stream: Any = file.add_stream(track.encoder, rate=track.rate, options=track.options)
    stream.width, stream.height = track.size
    stream.pix_fmt = track.pix_fmt
    context = stream.codec_context
    context.gop_size, context.max_b_frames = track.gop, track.b_frames
    context.thread_count = 1
    context.sample_aspect_ratio = track.aspect
    if track.full_range:
        context.color_range = 2
    if track.transfer is not None:
        context.color_primaries, context.colorspace = _BT2020, _BT2020_NCL
        context.color_trc, context.color_range = track.transfer, 1
    return stream


def _pictures(track: Track) -> Iterator[VideoFrame]:
    for number in range(track.frames):
        pixels = scene(number, track.size)
        if track.transfer is not None:
            picture = VideoFrame.from_ndarray(hdr.signal(pixels, track.transfer), "yuv420p10le")
        else:
            picture = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format=track.pix_fmt, dst_colorspace=track.source_matrix
            )
        picture.pts, picture.time_base = number, Fraction(1, track.rate)
        yield picture


def _png_packets(track: Track, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for number in range(track.frames):
        out = io.BytesIO()
        Image.fromarray(scene(number, track.size)).save(out, "PNG", icc_profile=profile)
        packet: Packet[VideoStream] = Packet(out.getvalue())  # type: ignore[assignment]
        packet.stream, packet.is_keyframe = stream, True
        packet.time_base = Fraction(1, track.rate)
        packet.pts = packet.dts = number
        yield packet
