"""Layouts of what a codec reads: its settings beside the film, and the heads of coded pictures.

FFmpeg tells where they are, so this holds for every codec and container of the media matrix.
"""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from itertools import islice

import av
from av.stream import Stream

from tests.media.fuzz.layout import Layout, Number

_PICTURES = 8  # the first ones: all others depend on them
_HEAD, _SETTINGS = 12, 64  # bytes
_ALIKE = 48  # bytes of a picture that name its place, where a transport stream splits the rest


def add_coded(layout: Layout, data: bytes) -> None:
    """Add the coded pictures of a whole film; nothing where FFmpeg finds none."""
    with suppress(av.FFmpegError), av.open(BytesIO(data), "r") as film:
        for stream in film.streams.video:
            _add_settings(layout, data, stream)
        if film.streams.video:
            for packet in islice(film.demux(film.streams.video[0]), _PICTURES):
                _add_picture(layout, data, bytes(packet), packet.pos or 0)


def _add_settings(layout: Layout, data: bytes, stream: Stream) -> None:
    """Parameter sets and sequence headers, as `avcC`, `hvcC`, `av1C` and `CodecPrivate` hold."""
    codec = stream.codec_context  # None for a codec that FFmpeg does not know
    settings = (codec.extradata if codec is not None else None) or b""
    at = data.find(settings)
    if settings and at >= 0:
        layout.part(at, at + len(settings), at, min(4, len(settings)))
        for place in range(at, min(at + len(settings), at + _SETTINGS)):
            layout.coded.append(Number(place, 1))


def _add_picture(layout: Layout, data: bytes, picture: bytes, near: int) -> None:
    at = data.find(picture[:_ALIKE], near) if picture else -1
    if at < 0:
        return
    for place in range(at, min(at + len(picture), at + _HEAD)):
        layout.coded.append(Number(place, 1))
    if len(picture) > 4:
        layout.coded.append(Number(at, 4))  # the length of the first unit of H.264 and H.265
    if data.startswith(picture, at):
        layout.part(at, at + len(picture), at)
