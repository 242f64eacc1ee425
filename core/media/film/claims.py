"""What a container claims about the length of its film, and how much of that is there."""

from __future__ import annotations

from fractions import Fraction

from core.media.film.packets import Film


def claimed_s(film: Film) -> float | None:
    """The length that the container claims for the film, in seconds."""
    stream, container = film.stream, film.container
    if container.format.name == "avi":  # FFmpeg makes it of the rate
        return None
    if stream.duration is not None:
        return float(stream.duration * (stream.time_base or Fraction(1, 1000)))
    alone = len(container.streams) == len(container.streams.video)
    claimed = container.duration
    return claimed / 1_000_000 if claimed is not None and claimed > 0 and alone else None


def lost_share(film: Film, length_s: float, size: int, missing: int) -> float:
    """The share of the film that lies behind the end of a file that was cut, in [0, 1).

    ``size`` bytes are there, ``missing`` ones are not, and the packets last ``length_s``. Where
    the container claims a length too, the lesser share counts, so that a false size alone does not
    make a film unreadable that plays to its end.
    """
    by_bytes = missing / (size + missing)
    claimed = claimed_s(film)
    return by_bytes if not claimed else min(by_bytes, max(0.0, 1 - length_s / claimed))
