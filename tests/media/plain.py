"""A film read from its first packet to its last: what the project's sampling is compared with."""

from __future__ import annotations

import contextlib
import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from tests.media.scene import Pixels


@dataclass(frozen=True)
class Film:
    """All pictures that a player would show, and when, in seconds from the first."""

    times_s: tuple[float, ...]
    end_s: float
    pictures: tuple[VideoFrame, ...]

    def on_display(self, moment_s: float) -> int:
        """Which picture is shown at ``moment_s``; 0 before the first."""
        return max(0, bisect_right(self.times_s, moment_s + 1e-4) - 1)

    def nearest(self, moment_s: float) -> int:
        """Which picture begins nearest to ``moment_s``."""
        return min(range(len(self.times_s)), key=lambda index: abs(self.times_s[index] - moment_s))


def read(data: bytes) -> Film:
    """Decode everything in order, on one thread, without a seek."""
    with av.open(io.BytesIO(data), "r", metadata_errors="replace") as container:
        stream = _film(container)
        stream.thread_type = "NONE"
        base = stream.time_base or Fraction(1, 1000)
        pictures = [frame for frame in _decoded(container, stream) if not frame.is_corrupt]
    shown = [(frame.pts if frame.pts is not None else frame.dts) or 0 for frame in pictures]
    shown.sort()  # AVI has no times of presentation: the order of the pictures alone is right
    times = [float((when - shown[0]) * base) for when in shown]
    return Film(tuple(times), _end(times, pictures, base), tuple(pictures))


def _film(container: InputContainer) -> VideoStream:
    """The film that FFmpeg takes for the main one; cover art is none."""
    films = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    best = container.streams.best("video")
    return next((film for film in films if film is best), films[0])


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Every picture that decodes, up to where the file is cut."""
    with contextlib.suppress(FFmpegError):
        for packet in container.demux(stream):
            if packet.size:
                yield from _pictures(stream, packet)
    yield from _pictures(stream, None)


def _pictures(stream: VideoStream, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
    try:
        return stream.codec_context.decode(packet)
    except FFmpegError:
        return []


def _end(times: Sequence[float], pictures: Sequence[VideoFrame], base: Fraction) -> float:
    usual = float(np.median([after - before for before, after in pairwise(times)] or [0.04]))
    ticks = pictures[-1].duration or 0
    return times[-1] + (float(ticks * base) if ticks > 1 else usual)  # AVI says 1 tick


def rgb(frame: VideoFrame, matrix: str | None, aspect: Fraction) -> Pixels:
    """(h, w, 3) with square pixels, not turned."""
    width = round(frame.width * aspect)
    reformatted = frame.reformat(width=width, format="rgb24", src_colorspace=matrix)
    return np.asarray(reformatted.to_ndarray(), np.uint8)
