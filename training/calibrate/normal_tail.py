"""A threshold beyond what was measured, for a share that few groups cannot show.

Of 29 groups no order says where one of fifty would lie. A normal distribution of their log-odds
does, as far as it is one: the bound is that of prediction for one more draw, with Student's
distribution, as mean and deviation are estimated themselves (Hahn and Meeker 1991, "Statistical
Intervals", section 4.8).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Names = NDArray[np.str_]

FEWEST_GROUPS = 20  # that a distribution is fitted to
_CLIP = 1e-6  # keeps the odds of a saturated probability finite


def normal_bound(probability: Floats, groups: Names, share: float) -> float:
    """The P(fake) that the worst file of one more group exceeds with the probability ``share``.

    ``probability`` and ``groups`` are (n,); of each group the file with the highest counts.
    """
    from scipy.stats import t

    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    odds = np.log(clipped / (1 - clipped))
    highest = np.array([odds[groups == name].max() for name in np.unique(groups)])
    number = len(highest)
    reach = float(t.ppf(1 - share, number - 1)) * math.sqrt(1 + 1 / number)
    bound = float(highest.mean()) + reach * float(highest.std(ddof=1))
    return 1 / (1 + math.exp(-bound))
