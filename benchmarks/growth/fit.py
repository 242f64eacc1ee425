"""The growth exponent: the slope of log cost over log size, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class Growth:
    """Cost ~ size ** ``exponent``; ``low`` to ``high`` holds the slope with 95 %.

    The interval is Student's of a least-squares line through the points, so that it is wide both
    where the points scatter and where the growth is no power at all, as with a fixed part.
    """

    exponent: float
    low: float
    high: float

    @classmethod
    def of(cls, sizes: Sequence[float], costs: Sequence[float]) -> Self:
        """Raises ValueError below three points, and where a size or a cost is not positive."""
        if len(sizes) < 3 or min(*sizes, *costs) <= 0:
            raise ValueError(f"{len(sizes)} points; three or more are needed, all above 0")
        line = stats.linregress(np.log(sizes), np.log(costs))
        # SciPy has no error for costs that are all the same.
        error = float(line.stderr) if len(set(costs)) > 1 else 0.0
        reach = float(stats.t.ppf(0.975, len(sizes) - 2)) * error
        return cls(float(line.slope), float(line.slope) - reach, float(line.slope) + reach)

    def __str__(self) -> str:
        return f"{self.exponent:.2f} ({self.low:.2f} to {self.high:.2f})"


def last_step(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope from half the largest size, or the next size below that, to the largest.

    A fixed part hides least of the growth there. The sizes rise, and all is positive.
    """
    low = max(at for at, size in enumerate(sizes) if 2 * size <= sizes[-1])
    return float(np.log(costs[-1] / costs[low]) / np.log(sizes[-1] / sizes[low]))
