"""Video tracks, each encoded once and then put into as many containers as take it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageCms

from tests.made_once import made_once
from tests.media import hdr
from tests.media.scene import scene
from tests.media.tracks import TRACKS, Track
from tests.scheduling import as_scheduled_before

_BT2020, _BT2020_NCL = 9, 9  # of ITU-T H.273


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


@cache
def encoded(name: str) -> Encoded:
    """The packets of ``TRACKS[name]``."""
    track = TRACKS[name]
    source = av.open(io.BytesIO(in_its_home(name)), "r")
    stream = source.streams.video[0]
    packets = [packet for packet in source.demux(stream) if packet.size and packet.pts is not None]
    order = sorted(packet.pts for packet in packets if packet.pts is not None)
    numbers = {pts: number for number, pts in enumerate(order)}
    coded = tuple(
        Coded(numbers[packet.pts or 0], packet.is_keyframe, bytes(packet)) for packet in packets
    )
    assert len(coded) == track.frames, (name, len(coded))
    return Encoded(track, stream, coded)


@made_once
def in_its_home(name: str) -> bytes:
    """``TRACKS[name]`` in its home container."""
    return encode(TRACKS[name])


@as_scheduled_before()
def encode(track: Track) -> bytes:
    """The track in its home container."""
    os.environ.setdefault("SVT_LOG", "0")  # else SVT-AV1 writes twenty lines to stderr
    out = io.BytesIO()
    with av.open(out, "w", format=track.home) as file:
        stream = add_encoder(file, track)
        if track.icc:
            file.mux(list(_still_packets(track, stream)))
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


def _still_packets(track: Track, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """Pictures with a colour profile, which FFmpeg's encoders do not write."""
    kind = {"png": "PNG", "mjpeg": "JPEG"}[track.encoder]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for number in range(track.frames):
        out = io.BytesIO()
        Image.fromarray(scene(number, track.size)).save(out, kind, icc_profile=profile)
        packet: Packet[VideoStream] = Packet(out.getvalue())  # type: ignore[assignment]
        packet.stream, packet.is_keyframe = stream, True
        packet.time_base = Fraction(1, track.rate)
        packet.pts = packet.dts = number
        yield packet
