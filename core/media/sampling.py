"""Which moments of a film are looked at, and what comes back for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture.

    ``pixels`` is (h, w, 3) uint8 RGB as displayed; ``index`` counts frames in the order of
    presentation from 0; ``timestamp_s`` counts from the first frame of the stream.
    """

    index: int
    timestamp_s: float
    keyframe: bool
    pixels: NDArray[np.uint8]


def moments(length: int, count: int) -> list[int]:
    """The centres of ``count`` equal slices of ``length`` ticks.

    Centres stay clear of both ends, where films are black. Integer ticks, so that no
    rounding moves a moment across the boundary of a frame.
    """
    if count < 1:
        raise ValueError(f"count is {count}; ask for at least 1 frame")
    return [length * (2 * i + 1) // (2 * count) for i in range(count)]
