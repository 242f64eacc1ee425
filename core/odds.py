"""From one probability a person to one a file."""

from __future__ import annotations

import math
from collections.abc import Sequence


def of_any(probabilities: Sequence[float]) -> float:
    """P(a file is fake) from P(fake) of each person in it, all in [0, 1]; one at least.

    Of k people one is assumed to be the fake one, each equally likely. P = 0.5 means odds of
    1 : 1 before anything was seen, so the odds of each person say how much more likely their
    pictures are when that person is fake; the file's odds are the mean of them:
    (1/k) * sum of p / (1 - p). Of one person the probability stays as it is. See
    docs/decisions/0028-mean-logits-and-odds.md.
    """
    if not probabilities:
        raise ValueError("there is no person; one probability at least is needed")
    if len(probabilities) == 1:
        return probabilities[0]
    if max(probabilities) >= 1:  # endless odds
        return 1.0
    odds = math.fsum(p / (1 - p) for p in probabilities) / len(probabilities)
    # Not odds / (1 + odds), which may fall by one digit of the last place where the odds rise.
    return 1 / (1 + 1 / odds) if odds else 0.0
