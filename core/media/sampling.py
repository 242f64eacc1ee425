"""Which moments of a film are looked at, and what comes back for each."""

from __future__ import annotations

from dataclasses import dataclass, field

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


@dataclass(slots=True)
class Coverage:
    """Which of the moments that were asked for a decoded picture answers, in seconds.

    A moment is answered by the picture that is on display at it, or by a keyframe that was taken
    in its place; whether a face is in the picture does not matter. ``lost`` is the share of the
    film that lies behind the end of a file that was cut.
    """

    answered: list[float] = field(default_factory=list)
    missed: int = 0
    lost: float = 0.0

    @property
    def covered_s(self) -> float:
        """The time from the first answered moment to the last; 0 for a still picture."""
        return max(self.answered) - min(self.answered) if self.answered else 0.0

    def missed_of(self, count: int) -> int:
        """How many of ``count`` moments of the whole film could not be looked at."""
        asked = len(self.answered) + self.missed
        answered = len(self.answered) / asked if asked else 1.0
        return count - round(count * answered * (1 - self.lost))


def moments(length: int, count: int) -> list[int]:
    """The centres of ``count`` equal slices of ``length`` ticks.

    Centres stay clear of both ends, where films are black. Integer ticks, so that no
    rounding moves a moment across the boundary of a frame.
    """
    if count < 1:
        raise ValueError(f"count is {count}; ask for at least 1 frame")
    return [length * (2 * i + 1) // (2 * count) for i in range(count)]
