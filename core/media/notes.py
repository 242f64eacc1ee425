"""What was not looked at in a film, or was assumed: docs/http-api.md lists the codes."""

from __future__ import annotations

from fractions import Fraction

from av.video.frame import VideoFrame

from core.media import hdr
from core.media.opening import films_in
from core.media.packets import Film
from core.media.sniff import Format
from core.media.wholeness import is_truncated

_LEAST_S, _LEAST_SHARE = 1.0, 0.1  # smaller differences are a matter of rounding


def notes_of(
    film: Film, first: VideoFrame, length_s: float, data: memoryview, file_format: Format
) -> tuple[str, ...]:
    """The notes on an opened film whose packets last ``length_s``."""
    streams = film.container.streams
    truncated = is_truncated(data, file_format)
    notes = {
        "audio_not_checked": bool(streams.audio),
        "other_video_streams_ignored": len(films_in(film.container)) > 1,
        "truncated_file": truncated,
        "duration_corrected": not truncated and _differs(_claimed_s(film), length_s),
        "hdr_tone_mapped": hdr.is_hdr(first),
    }
    return tuple(note for note, holds in notes.items() if holds)


def _claimed_s(film: Film) -> float | None:
    """The length that the container claims for the film, in seconds."""
    stream, container = film.stream, film.container
    if container.format.name == "avi":  # FFmpeg makes it of the rate
        return None
    if stream.duration is not None:
        return float(stream.duration * (stream.time_base or Fraction(1, 1000)))
    alone = len(container.streams) == len(container.streams.video)
    claimed = container.duration
    return claimed / 1_000_000 if claimed is not None and claimed > 0 and alone else None


def _differs(claimed_s: float | None, length_s: float) -> bool:
    if claimed_s is None:
        return False
    return abs(claimed_s - length_s) > max(_LEAST_S, _LEAST_SHARE * length_s)
