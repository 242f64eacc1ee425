"""Opening a film in memory with FFmpeg: bounded, and without reach to anything else."""

from __future__ import annotations

from typing import Any, NoReturn

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from core.errors import UnreadableMedia, UnsupportedMedia
from core.media.film.packets import Film
from core.media.limits import MediaLimits
from core.media.sniff import Format
from core.media.syntax.byte_reader import ByteReader

_DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "heic": "mov",  # image sequences
    "mkv": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "ts": "mpegts",
    "mpg": "mpeg",
    "dv": "dv",
}
ISO_FORMATS = frozenset(name for name, demuxer in _DEMUXERS.items() if demuxer == "mov")
# What cameras, phones, browsers and editors write. FFmpeg has 200 more decoders, most of them
# for games of the 1990s and none of them fuzzed as hard as these.
# fmt: off
DECODERS = frozenset((
    "h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "theora",
    "mpeg1video", "mpeg2video", "mpeg4", "h263", "flv", "dvvideo",
    "msmpeg4v1", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "vc1",
    "mjpeg", "png", "prores", "dnxhd", "cfhd", "rawvideo", "qtrle", "cinepak", "svq3",
    "ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv",
))
# fmt: on
_THREADS = 4  # frame threads hold a picture each; more than 4 cost memory at 4K
_NO_FILM = Disposition.attached_pic | Disposition.timed_thumbnails


def open_film(data: memoryview, file_format: Format, limits: MediaLimits) -> Film:
    """Open ``data`` and choose the stream that a player would show, ready to be decoded.

    Raises :class:`UnreadableMedia`, :class:`UnsupportedMedia` for its codec, the errors of
    ``limits``, and whatever FFmpeg raises on damaged bytes.
    """
    container = _open(data, file_format, limits)
    try:
        limits.check_streams(len(container.streams.video), len(container.streams))
        stream = _choose(container, file_format)
        _prepare(stream, limits)
        for other in container.streams:
            other.discard = Discard.default if other is stream else Discard.all
    except BaseException:
        container.close()
        raise
    return Film(container, stream)


def films_in(container: InputContainer) -> list[VideoStream]:
    """The video streams that can be decoded; cover art and thumbnails are no films."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & _NO_FILM and stream.codec_context is not None
    ]


def _open(data: memoryview, file_format: Format, limits: MediaLimits) -> InputContainer:
    try:
        return av.open(
            ByteReader(data),
            mode="r",
            format=_DEMUXERS[file_format.name],
            options={"max_pixels": str(limits.max_pixels), "threads": "1"},
            container_options={
                "codec_whitelist": ",".join(sorted(DECODERS)),
                "protocol_whitelist": "none",
            },
            metadata_errors="replace",
            io_open=_refuse_to_open,
        )
    except av.error.MemoryError as error:  # before any picture: a header that claims gigabytes
        raise UnreadableMedia(
            f"The {file_format.name.upper()} file has a table that claims more entries than a "
            "file can hold: its header is damaged. Export or download it again."
        ) from error


def _choose(container: InputContainer, file_format: Format) -> VideoStream:
    films = films_in(container)
    if not films:
        held = ", ".join(stream.type for stream in container.streams) or "nothing"
        raise UnreadableMedia(
            f"The {file_format.name.upper()} file has no video stream that can be decoded "
            f"(it holds: {held}); send a file with moving pictures."
        )
    best = container.streams.best("video")
    return next((stream for stream in films if stream is best), films[0])


def _prepare(stream: VideoStream, limits: MediaLimits) -> None:
    context = stream.codec_context
    if context.codec.name not in DECODERS:
        raise UnsupportedMedia(
            f"The video is encoded with {context.codec.name}, which is not taken; "
            "encode it as H.264, HEVC, VP9 or AV1."
        )
    if context.width and context.height:
        limits.check_pixels(context.width, context.height)
    context.thread_type = "AUTO"
    context.thread_count = min(_THREADS, limits.threads)
    context.options = {"max_pixels": str(limits.max_pixels)}


def _refuse_to_open(url: str, _flags: int, _options: dict[str, Any]) -> NoReturn:
    raise UnsupportedMedia(
        f"The video refers to another file ({url[:100]!r}); send one that holds all of its data."
    )
