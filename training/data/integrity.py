"""Pictures that cannot be used: found before training, counted and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError, MediaError, UnsupportedMedia
from core.media.frames import open_media
from core.media.sniff import Kind
from training.data.picture import Picture

MAX_BROKEN = 0.01  # share of the pictures; more points at a copy that went wrong
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A picture that cannot be used, and why."""

    picture: Picture
    reason: str


def decode_wholly(data: bytes) -> NDArray[np.uint8]:
    """Decode a picture as serving does, to (h, w, 3) uint8 RGB in sRGB.

    Raises a :class:`MediaError` when it is empty, damaged, lacks more than serving puts up with,
    or is no still picture.
    """
    with open_media(data) as media:
        if media.info.kind is not Kind.IMAGE:
            raise UnsupportedMedia(f"The file is a {media.info.container} and no still picture.")
        return next(media.frames(1)).pixels


def reason(error: OSError | MediaError) -> str:
    """Why a picture is broken, in one sentence without its path."""
    return error.message if isinstance(error, MediaError) else f"{error.strerror or error}."


def report(broken: Sequence[Broken], total: int) -> str:
    """How many pictures are broken and which, the first few by name."""
    lines = [f"{len(broken)} of {total} pictures are broken and left out:"]
    lines += [f"  {each.picture.path}: {each.reason}" for each in broken[:_NAMED]]
    if len(broken) > _NAMED:
        left = len(broken) - _NAMED
        lines.append(f"  and {left} more; deepfake data check names them all")
    return "\n".join(lines)


def refuse_many(broken: Sequence[Broken], total: int) -> None:
    """Raise :class:`ConfigurationError` when more than ``MAX_BROKEN`` of ``total`` are broken."""
    if len(broken) > MAX_BROKEN * total:
        raise ConfigurationError(
            f"{report(broken, total)}\nThat is {len(broken) / total:.1%}; the limit is "
            f"{MAX_BROKEN:.1%}. Copy the data again, or delete those files."
        )
