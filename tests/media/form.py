"""One form of the matrix: a file, and what it must show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tests.media.mux import Company, mux
from tests.media.scene import Pixels
from tests.media.tracks import TRACKS

_MUXERS = {"mkv": "matroska", "ts": "mpegts", "m2ts": "mpegts", "fmp4": "mp4", "m4v": "ipod"}
_OPTIONS = {
    "fmp4": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    "m2ts": {"mpegts_m2ts_mode": "1"},
}


@dataclass(frozen=True)
class Form:
    """A file of the matrix.

    ``error`` is the code of the refusal, where the form must be refused; ``turns`` counts
    quarter turns, counter-clockwise, that the container asks for.
    """

    name: str
    build: Callable[[], bytes]
    error: str = ""
    turns: int = 0
    mirrored: bool = False
    aspect: Fraction = Fraction(1)
    matrix: str | None = None  # of untagged pictures, where it is not that of SD
    hdr: bool = False  # a plain decode is washed out, so it tells nothing
    untimed: bool = False  # the container has times of decoding alone, and B-frames
    cut: bool = False  # where the film ends is a matter of a few frames

    def upright(self, pixels: Pixels) -> Pixels:
        """Undo what the container asks for."""
        unmirrored = pixels[:, ::-1] if self.mirrored else pixels
        return np.ascontiguousarray(np.rot90(unmirrored, -self.turns))


def form(
    kind: str,
    what: str = "",
    *company: Company,
    patch: Callable[[bytes], bytes] = lambda data: data,
    options: dict[str, str] | None = None,
    **muxing: Any,
) -> Form:
    """The form ``kind``, "container/track", made special by ``company``, ``muxing``, ``patch``."""
    container, name = kind.split("/")
    options = {**_OPTIONS.get(container, {}), **(options or {})}
    muxer, track = _MUXERS.get(container, container), TRACKS[name]

    def build() -> bytes:
        return patch(mux(name, muxer, *company, options=options, **muxing))

    return Form(
        f"{kind} {what}".strip(),
        build,
        turns=muxing.get("rotation", 0) // 90,
        mirrored=muxing.get("mirrored", False),
        aspect=muxing.get("aspect") or track.aspect,
        matrix=track.source_matrix,
        hdr=track.transfer is not None,
    )
