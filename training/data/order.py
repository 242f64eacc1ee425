"""Walking through a collection again and again, in a new order every time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


class EpochOrder:
    """The numbers 0 to ``length`` - 1 in a new permutation every epoch, none twice in one.

    A pure function of (seed, position): any place can be looked up without those before it,
    from several threads at once.
    """

    def __init__(self, length: int, seed: Sequence[int]) -> None:
        self._length, self._seed = length, tuple(seed)
        # Neighbouring positions share a permutation; batches in flight may straddle two.
        self._permutation = lru_cache(maxsize=4)(self._shuffled)

    def at(self, position: int) -> int:
        """The number at a position of the endless walk."""
        epoch, index = divmod(position, self._length)
        return int(self._permutation(epoch)[index])

    def epoch(self, epoch: int) -> NDArray[np.intp]:
        """The whole permutation of one epoch."""
        return self._permutation(epoch)

    def _shuffled(self, epoch: int) -> NDArray[np.intp]:
        return np.random.default_rng([*self._seed, epoch]).permutation(self._length)


class WeightedPicks:
    """Which of several pools each slot of a step takes, by weight, and how far each then is.

    Where a pool stands at a step is the number of picks it had before. Blocks of steps are
    drawn at once and their totals kept, so that looking up a late step stays cheap.
    """

    _BLOCK = 512  # steps

    def __init__(self, weights: Sequence[float], slots: int, seed: Sequence[int]) -> None:
        self._shares = np.asarray(weights, np.float64) / np.sum(weights)
        self._slots, self._seed = slots, tuple(seed)
        self._block = lru_cache(maxsize=4)(self._drawn)
        self._totals = [np.zeros(len(self._shares), np.int64)]  # before each block

    def at(self, step: int) -> list[tuple[int, int]]:
        """(pool, position in the walk through it) of every slot of a step."""
        block, row = divmod(step, self._BLOCK)
        picks = self._block(block)
        reached = self._before(block) + self._counts(picks[:row])
        places = []
        for pool in picks[row].tolist():
            places.append((pool, int(reached[pool])))
            reached[pool] += 1
        return places

    def _drawn(self, block: int) -> NDArray[np.intp]:
        """(block, slots) pool numbers."""
        rng = np.random.default_rng([*self._seed, block])
        return rng.choice(len(self._shares), (self._BLOCK, self._slots), p=self._shares)

    def _before(self, block: int) -> NDArray[np.int64]:
        totals = self._totals
        while len(totals) <= block:
            longer = [*totals, totals[-1] + self._counts(self._drawn(len(totals) - 1))]
            totals = self._totals = longer  # replaced whole: another thread reads the old one
        return totals[block]

    def _counts(self, picks: NDArray[np.intp]) -> NDArray[np.int64]:
        return np.bincount(picks.ravel(), minlength=len(self._shares)).astype(np.int64)
