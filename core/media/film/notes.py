"""What was not looked at in a film, or was assumed: docs/http-api.md lists the codes."""

from __future__ import annotations

from av.video.frame import VideoFrame

from core.media.colour import hdr
from core.media.film.claims import claimed_s
from core.media.film.opening import films_in
from core.media.film.packets import Film

_LEAST_S, _LEAST_SHARE = 1.0, 0.1  # smaller differences are a matter of rounding


def notes_of(film: Film, first: VideoFrame, length_s: float, *, truncated: bool) -> tuple[str, ...]:
    """The notes on an opened film whose packets last ``length_s``."""
    streams = film.container.streams
    notes = {
        "audio_not_checked": bool(streams.audio),
        "other_video_streams_ignored": len(films_in(film.container)) > 1,
        "truncated_file": truncated,
        "duration_corrected": not truncated and _differs(claimed_s(film), length_s),
        "hdr_tone_mapped": hdr.is_hdr(first),
    }
    return tuple(note for note, holds in notes.items() if holds)


def _differs(claimed_s: float | None, length_s: float) -> bool:
    if claimed_s is None:
        return False
    return abs(claimed_s - length_s) > max(_LEAST_S, _LEAST_SHARE * length_s)
