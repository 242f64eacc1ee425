"""What is known about a file before its pixels are, and how much of it is tolerated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.cores import usable_cores
from core.errors import (
    DeepfakeError,
    EmptyMedia,
    MediaTooLarge,
    TooManyFrames,
    TooManyPixels,
    TooManyStreams,
    UnreadableMedia,
    VideoTooLong,
)
from core.media.sniff import Kind

# A photo of 108 million pixels takes 1.3 GB as HEIC, and one of 200 million 0.7 GB as JPEG:
# docs/decisions/0022-stills.md.
_REDUCED_WHOLE, _REDUCED_EARLY = 3, 8

_MAX_ALL_STREAMS = 256  # of any kind; a film with a font for every script has 50


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """Bounds that are checked before the work that they bound.

    ``max_pixels`` holds for one decoded picture, still or frame, as displayed. A larger still is
    looked at in a smaller size, which costs less: up to ``_REDUCED_WHOLE`` times as many pixels
    in a format that is decoded whole before it is made smaller, up to ``_REDUCED_EARLY`` times as
    many in a JPEG, which is made smaller while it is decoded.
    ``threads`` bounds those that a codec starts.
    """

    max_bytes: int = 512 * 1024**2
    max_duration_s: float = 3600.0
    max_pixels: int = 40_000_000
    max_streams: int = 16
    max_frames: int = 500_000
    threads: int = field(default_factory=usable_cores)

    def check_bytes(self, size: int) -> None:
        """Raises :class:`EmptyMedia` or :class:`MediaTooLarge`."""
        if size == 0:
            raise EmptyMedia
        if size > self.max_bytes:
            raise MediaTooLarge(size=size, limit=self.max_bytes)

    def check_pixels(self, width: int, height: int) -> None:
        """Raises :class:`TooManyPixels`, or :class:`UnreadableMedia` for an empty picture."""
        _check_pixels(width, height, self.max_pixels)

    def check_still(self, width: int, height: int, *, reducible: bool = False) -> None:
        """As :meth:`check_pixels`, for a still picture that may be looked at in a smaller size."""
        times = _REDUCED_EARLY if reducible else _REDUCED_WHOLE
        _check_pixels(width, height, times * self.max_pixels)

    def check_duration(self, seconds: float | None) -> None:
        """Raises :class:`VideoTooLong`; an unknown duration passes."""
        if seconds is not None and seconds > self.max_duration_s:
            raise VideoTooLong(seconds=seconds, limit=self.max_duration_s)

    def check_frames(self, frames: int) -> None:
        """Raises :class:`TooManyFrames`."""
        if frames > self.max_frames:
            raise TooManyFrames(frames=frames, limit=self.max_frames)

    def check_streams(self, videos: int, streams: int) -> None:
        """Raises :class:`TooManyStreams`; sound, subtitles and fonts may be many more."""
        if videos > self.max_streams:
            raise TooManyStreams(streams=videos, limit=self.max_streams, kind="video streams")
        if streams > _MAX_ALL_STREAMS:
            raise TooManyStreams(streams=streams, limit=_MAX_ALL_STREAMS, kind="streams")


def _check_pixels(width: int, height: int, limit: int) -> None:
    if width <= 0 or height <= 0:
        raise UnreadableMedia(f"The picture has {width} x {height} pixels.")
    if width * height > limit:
        raise TooManyPixels(width=width, height=height, limit=limit)


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file is: ``container`` is a ``Format.name``; width and height are as displayed.

    ``duration_s`` is None for images. ``frames_total`` counts the pictures that a film shows; None
    for images. ``notes`` are stable codes of what was not looked at and what was assumed, such as
    ``audio_not_checked``; docs/http-api.md lists them.
    """

    kind: Kind
    container: str
    codec: str
    duration_s: float | None
    width: int
    height: int
    frames_total: int | None = None
    notes: tuple[str, ...] = ()


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises on hostile bytes into :class:`UnreadableMedia`.

    Decoders raise SyntaxError, struct.error, KeyError and more on bytes that they do not
    expect; at this one boundary any of them means that the file is at fault. MemoryError and
    the errors of this project pass as they are. So do ImportError and PermissionError: a file
    in memory needs no permission, so it is the installation or the sandbox that is at fault.
    FFmpeg's own PermissionError is the exception: many of its functions return -1 for a damaged
    file, and -1 is EPERM.
    """
    try:
        yield
    except (DeepfakeError, MemoryError, ImportError):
        raise
    except RecursionError as error:
        raise UnreadableMedia(
            f"The {name} file is nested too deeply. Save it again, or send another one."
        ) from error
    except Exception as error:
        if isinstance(error, PermissionError) and not _is_of_ffmpeg(error):
            raise
        said = str(getattr(error, "strerror", None) or error)
        reason = said.strip().rstrip(".") or type(error).__name__
        raise UnreadableMedia(
            f"The {name} file cannot be decoded: {reason}. Save it again, or send another one."
        ) from error


def _is_of_ffmpeg(error: Exception) -> bool:
    """By name, because importing PyAV here would load FFmpeg wherever limits are only passed on."""
    return type(error).__module__ == "av.error"
