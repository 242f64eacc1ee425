"""Films of the media matrix, by name, and what the decoder makes of them."""

from __future__ import annotations

from core.media.frames import Frame, open_media
from core.media.limits import MediaInfo
from core.media.sampling import Coverage
from core.options import Sampling
from tests.media.matrix import forms


def film(name: str) -> bytes:
    """The form of the matrix that has this name."""
    return next(form for form in forms() if form.name == name).build()


def info_of(data: bytes) -> MediaInfo:
    with open_media(data) as media:
        return media.info


def sampled(
    data: bytes, count: int = 10, sampling: Sampling = Sampling.EXACT
) -> tuple[list[Frame], Coverage]:
    with open_media(data) as media:
        frames = list(media.frames(count, sampling))
        return frames, media.coverage
