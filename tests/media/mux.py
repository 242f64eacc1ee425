"""A track put into a container, with the company that films keep: sound, subtitles, fonts."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.subtitles.subtitle import SubtitleSet

from tests.media.encode import Encoded, add_encoder, encoded
from tests.media.scene import scene
from tests.media.tracks import Options
from tests.media_factory import Pipe
from tests.scheduling import as_scheduled_before

_TICKS = 90_000  # a second; exact for 24, 25 and 30 frames a second
_SUBTITLE_HEADER = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name\nStyle: Default\n\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)

Packets = list["Packet[Stream]"]
Company = Callable[[OutputContainer], Packets]  # adds streams and returns their packets


@as_scheduled_before()
def mux(
    track: str,
    container: str,
    *company: Company,
    options: Options | None = None,
    times_s: Sequence[float] | None = None,
    start_s: float = 0.0,
    first: int = 0,
    then: str | None = None,
    rotation: int = 0,
    mirrored: bool = False,
    aspect: Fraction | None = None,
    seekable: bool = True,
) -> bytes:
    """``TRACKS[track]`` in a container that FFmpeg's muxer of that name writes.

    ``times_s`` replaces the presentation times of the frames; ``start_s`` moves the film, below 0
    for pictures that an edit list hides; ``first`` is the keyframe to begin with; ``then``
    is a track that follows in the same stream; ``rotation`` is counter-clockwise, in degrees;
    ``seekable=False`` writes as to a pipe.
    """
    film = encoded(track)
    out = io.BytesIO()
    target: Any = out if seekable else Pipe(out)
    with av.open(target, "w", format=container, options=options or {}) as file:
        stream = _describe(file, film)
        if rotation or mirrored:
            stream.set_display_rotation(rotation, mirrored)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        packets = [packet for add in company for packet in add(file)]
        packets += _film_packets(film, stream, _shown_at(film, times_s, start_s), first)
        if then is not None:
            after, start_s = encoded(then), float(film.track.frames / film.track.rate)
            packets += _film_packets(after, stream, _shown_at(after, None, start_s))
        for packet in sorted(packets, key=_decoded_at):
            file.mux(packet)
    return out.getvalue()


def _describe(file: OutputContainer, film: Encoded) -> Any:
    """A stream of that file for packets that are encoded already."""
    if film.stream.codec_context.name == "libdav1d":  # PyAV wants an encoder of that name
        stream: Any = add_encoder(file, film.track)
    else:
        stream = file.add_stream_from_template(film.stream)
    stream.time_base = Fraction(1, _TICKS)
    return stream


def _shown_at(film: Encoded, times_s: Sequence[float] | None, start_s: float) -> list[int]:
    """When each frame is shown, in ticks, in the order of presentation."""
    step = float(1 / film.track.rate)
    times = times_s or [number * step for number in range(film.track.frames)]
    return [round((start_s + time) * _TICKS) for time in times]


def _film_packets(film: Encoded, stream: Stream, shown: Sequence[int], first: int = 0) -> Packets:
    delay, step = film.delay, round(_TICKS / film.track.rate)
    decoded = [shown[0] - step * (delay - number) for number in range(delay)] + list(shown)
    ends = [*shown[1:], shown[-1] + step]
    begin = next(at for at, coded in enumerate(film.packets) if coded.number == first)
    packets = []
    for at, coded in enumerate(film.packets[begin:], start=begin):
        when = shown[coded.number]
        packet = _packet(stream, coded.data, when, decoded[at], ends[coded.number] - when)
        packet.is_keyframe = coded.keyframe
        packets.append(packet)
    return packets


def _packet(stream: Stream, data: bytes, pts: int, dts: int, duration: int) -> Packet[Stream]:
    packet = Packet(data)
    packet.stream, packet.time_base = stream, Fraction(1, _TICKS)
    packet.pts, packet.dts, packet.duration = pts, dts, duration
    packet.is_keyframe = True
    return packet


def _decoded_at(packet: Packet[Stream]) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def subtitles(codec: str, streams: int = 1) -> Company:
    """Text tracks, each with one line from 0 to 3 s."""

    def add(file: OutputContainer) -> Packets:
        packets = []
        for _ in range(streams):
            stream: Any = file.add_stream(codec)
            stream.codec_context.subtitle_header = _SUBTITLE_HEADER
            stream.codec_context.time_base = Fraction(1, 1000)
            line = SubtitleSet.create(b"0,0,Default,,0,0,0,,hello", 0, 3000)
            packet = stream.codec_context.encode_subtitle(line)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts, packet.dts, packet.duration = 0, 0, 3000
            packets.append(packet)
        return packets

    return add


def sound(codec: str, seconds: float) -> Company:
    """Silence: one coded packet, repeated."""

    def add(file: OutputContainer) -> Packets:
        stream: Any = file.add_stream(codec, rate=48_000, layout="mono")
        context = stream.codec_context
        context.open()
        samples = context.frame_size or 4800
        frame = av.AudioFrame(context.format.name, "mono", samples)
        frame.sample_rate = 48_000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        data = bytes((stream.encode(frame) + stream.encode())[0])
        length = samples * _TICKS // 48_000
        starts = range(0, int(seconds * _TICKS) - length, length)
        return [_packet(stream, data, start, start, length) for start in starts]

    return add


def timecode() -> Company:
    """A track with the time of day, as studio cameras write."""

    def add(file: OutputContainer) -> Packets:
        file.metadata["timecode"] = "10:00:00:00"
        return []

    return add


def fonts(count: int) -> Company:
    """Attached fonts, as subtitled films carry them."""

    def add(file: OutputContainer) -> Packets:
        for number in range(count):
            file.add_attachment(f"font{number}.ttf", "font/ttf", b"\0\1\0\0" + bytes(200))
        return []

    return add


def cover() -> Company:
    """A JPEG as cover art."""

    def add(file: OutputContainer) -> Packets:
        stream: Any = file.add_stream("mjpeg")
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        stream.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(scene(0, (64, 64)), format="rgb24")
        (packet,) = stream.encode(picture.reformat(format="yuvj420p")) + stream.encode()
        packet.time_base, packet.pts, packet.dts = Fraction(1, _TICKS), 0, 0
        return [packet]

    return add


def second_film(track: str) -> Company:
    """Another video track, as action cameras and screen recorders write for the preview."""

    def add(file: OutputContainer) -> Packets:
        film = encoded(track)
        stream = _describe(file, film)
        return _film_packets(film, stream, _shown_at(film, None, 0.0))

    return add
