"""A video file in memory: opened by FFmpeg under limits, sampled at evenly spaced moments."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any, NoReturn

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.errors import UnreadableMedia, UnsupportedMedia
from core.media.byte_reader import ByteReader
from core.media.limits import MediaInfo, MediaLimits, refusing
from core.media.picture import displayed, displayed_size
from core.media.sample_tables import claimed_samples
from core.media.sampling import Coverage, Frame, moments
from core.media.sniff import Format, Kind
from core.media.timeline import Timeline, read_timeline
from core.media.walk import Walk
from core.options import Sampling

_DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "heic": "mov",  # image sequences
    "mkv": "matroska",
    "webm": "matroska",
    "avi": "avi",
}
# What cameras, phones, browsers and editors write. FFmpeg has 200 more decoders, most of them
# for games of the 1990s and none of them fuzzed as hard as these.
# fmt: off
_DECODERS = frozenset((
    "h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "theora",
    "mpeg1video", "mpeg2video", "mpeg4", "h263", "flv", "dvvideo",
    "msmpeg4v1", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "vc1",
    "mjpeg", "png", "prores", "dnxhd", "cfhd", "rawvideo", "qtrle", "cinepak", "svq3",
    "ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv",
))
# fmt: on
_THREADS = 4  # frame threads hold a picture each; more than 4 cost memory at 4K
_NOT_FILM = Disposition.attached_pic | Disposition.timed_thumbnails


class VideoMedia:
    """An open video; :meth:`close` frees FFmpeg's side of it."""

    def __init__(self, data: memoryview, file_format: Format, limits: MediaLimits) -> None:
        self._data = data
        self._format = file_format
        self._limits = limits
        self.coverage = Coverage()
        with refusing(file_format.name.upper()):
            if _DEMUXERS[file_format.name] == "mov":
                limits.check_frames(claimed_samples(data))
            self._container = self._open()
            try:
                self._prepare()
            except BaseException:
                self._container.close()
                raise

    def close(self) -> None:
        self._container.close()

    def frames(self, count: int, sampling: Sampling) -> Iterator[Frame]:
        """Up to ``count`` frames in order, each once.

        Raises :class:`UnreadableMedia` when none decodes, :class:`TooManyPixels` and
        :class:`VideoTooLong` when the stream turns out to exceed what its header said.
        """
        given: list[int] = []
        with refusing(self._format.name.upper()):
            last, index = None, -1
            for picture in islice(self._pictures(count, sampling), count):
                when = self._walk.time(picture)
                if last is not None and when <= last:
                    continue
                last = when
                given.append(when)
                index = max(index + 1, self._timeline.number(when))
                yield Frame(
                    index=index,
                    timestamp_s=self._seconds(when),
                    keyframe=picture.key_frame,
                    pixels=displayed(picture, self._aspect),
                )
            if last is None:
                raise self._no_picture()
        self.coverage = self._covered(given, count)

    def _covered(self, given: list[int], count: int) -> Coverage:
        """Each moment wants a picture of its own slice, or all pictures of a short film."""
        line, coverage = self._timeline, Coverage()
        length = line.end - line.start
        complete = len(given) >= min(count, line.frames)
        for offset in moments(length, count):
            near = any(2 * count * abs(when - line.start - offset) <= length for when in given)
            if complete or near:
                coverage.answered.append(float(offset * self._time_base))
            else:
                coverage.missed += 1
        return coverage

    def _open(self) -> InputContainer:
        return av.open(
            ByteReader(self._data),
            mode="r",
            format=_DEMUXERS[self._format.name],
            options={"max_pixels": str(self._limits.max_pixels), "threads": "1"},
            container_options={
                "codec_whitelist": ",".join(sorted(_DECODERS)),
                "protocol_whitelist": "none",
            },
            metadata_errors="replace",
            io_open=_refuse_to_open,
        )

    def _prepare(self) -> None:
        container, limits = self._container, self._limits
        limits.check_streams(len(container.streams))
        stream = self._film()
        context = stream.codec_context
        if context.codec.name not in _DECODERS:
            raise UnsupportedMedia(
                f"The video is encoded with {context.codec.name}, which is not taken; "
                "encode it as H.264, HEVC, VP9 or AV1."
            )
        for other in container.streams:
            other.discard = Discard.default if other is stream else Discard.all
        if context.width and context.height:
            limits.check_pixels(context.width, context.height)
        self._check_claimed_duration(stream)
        context.thread_type = "AUTO"
        context.thread_count = min(_THREADS, limits.threads)
        context.options = {"max_pixels": str(limits.max_pixels)}
        self._time_base = stream.time_base or Fraction(1, 1000)
        self._aspect = stream.sample_aspect_ratio
        self._timeline: Timeline = read_timeline(container, stream, len(self._data), limits)
        duration = self._seconds(self._timeline.end)
        limits.check_duration(duration)
        self._walk = Walk((container, stream), self._timeline, self._inspect)
        width, height = displayed_size(self._first_picture(), self._aspect)
        name, codec = self._format.name, context.codec.canonical_name
        frames, notes = self._timeline.frames, self._notes(stream)
        self.info = MediaInfo(Kind.VIDEO, name, codec, duration, width, height, frames, notes)

    def _notes(self, film: VideoStream) -> tuple[str, ...]:
        streams = self._container.streams
        others = [video for video in streams.video if video is not film]
        notes = {
            "audio_not_checked": bool(streams.audio),
            "other_video_streams_ignored": any(not s.disposition & _NOT_FILM for s in others),
        }
        return tuple(note for note, holds in notes.items() if holds)

    def _film(self) -> VideoStream:
        """The stream that a player would show; cover art and thumbnails are no film."""
        films = [
            stream
            for stream in self._container.streams.video
            if not stream.disposition & _NOT_FILM and stream.codec_context is not None
        ]
        if not films:
            held = ", ".join(stream.type for stream in self._container.streams) or "nothing"
            raise UnreadableMedia(
                f"The {self._format.name.upper()} file has no video stream that can be decoded "
                f"(it holds: {held}); send a file with moving pictures."
            )
        best = self._container.streams.best("video")
        return next((stream for stream in films if stream is best), films[0])

    def _check_claimed_duration(self, stream: VideoStream) -> None:
        if self._format.name == "avi":  # a streamed AVI claims 2^30 frames; they are counted
            return
        if self._container.duration is not None:
            self._limits.check_duration(self._container.duration / 1_000_000)
        if stream.duration is not None and stream.time_base is not None:
            self._limits.check_duration(float(stream.duration * stream.time_base))

    def _inspect(self, picture: VideoFrame) -> None:
        """Check a decoded picture: size and time may differ from what the header said."""
        self._limits.check_pixels(*displayed_size(picture, self._aspect))
        self._limits.check_duration(self._seconds(self._walk.time(picture)))

    def _seconds(self, ticks: int) -> float:
        return max(0.0, float((ticks - self._timeline.start) * self._time_base))

    def _first_picture(self) -> VideoFrame:
        """A decoded picture, for the display matrix that only pictures carry."""
        for picture in self._walk.all_frames():
            return picture
        raise self._no_picture()

    def _no_picture(self) -> UnreadableMedia:
        return UnreadableMedia(
            f"No frame of the {self._format.name.upper()} file can be decoded: "
            "its video data are damaged or missing, or its pictures have more than "
            f"{self._limits.max_pixels:,} pixels. Export or download it again."
        )

    def _pictures(self, count: int, sampling: Sampling) -> Iterator[VideoFrame]:
        line = self._timeline
        self._walk.stop()
        if line.frames <= count:
            yield from self._walk.all_frames()
            return
        length = line.end - line.start
        used: int | None = None
        for offset in moments(length, count):
            moment = line.start + offset
            before = line.keyframe_before(moment)
            nearest = self._nearest_keyframe(moment, before)
            close = nearest is not None and 2 * count * abs(nearest - moment) <= length
            if sampling is Sampling.KEYFRAMES and nearest is not None and close and nearest != used:
                used = nearest
                picture = self._walk.keyframe(nearest)
            else:
                picture = self._walk.frame_at(line.start if before is None else before, moment)
            if picture is not None:
                yield picture

    def _nearest_keyframe(self, moment: int, before: int | None) -> int | None:
        after = self._timeline.keyframe_after(moment)
        if before is None or after is None:
            return after if before is None else before
        return before if moment - before <= after - moment else after


def _refuse_to_open(url: str, _flags: int, _options: dict[str, Any]) -> NoReturn:
    raise UnsupportedMedia(
        f"The video refers to another file ({url[:100]!r}); send one that holds all of its data."
    )
