"""Which pictures make a batch: a mixture of sources in balance, or a data set as it is.

A batch is a pure function of (seed, step), so a run that is resumed sees the pictures that
it would have seen, and nothing has to be saved.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.errors import ConfigurationError
from training.data.cache import Sample
from training.data.mixture import Mixture, Pool, pool_of
from training.data.order import EpochOrder, WeightedPicks


class ClassCounts(NamedTuple):
    """Pictures of each class."""

    real: int
    fake: int

    def weights(self) -> dict[int, float]:
        """Label (0 real, 1 fake) to the weight that balances the classes; their mean is 1."""
        total = self.real + self.fake
        return {0: total / (2 * self.real), 1: total / (2 * self.fake)}


class Sampler:
    """Chooses the samples of each step.

    With a :class:`Mixture`, half of every batch is fake, and the fakes of every source are walked
    without repetition in a new order each epoch of their own; the other half are the reals that
    belong to them. Without one, an epoch shows every
    picture once, shuffled, in its natural proportions; the last batch may be smaller.

    Raises :class:`ConfigurationError` when a class is missing, or half a batch is no number.
    """

    def __init__(
        self, samples: Sequence[Sample], mixture: Mixture | None, *, batch_size: int, seed: int
    ) -> None:
        fakes = sum(sample.picture.fake for sample in samples)
        self.class_counts = ClassCounts(len(samples) - fakes, fakes)
        if not all(self.class_counts):
            raise ConfigurationError(
                f"Training needs pictures of both classes; there are {self.class_counts.real} "
                f"real and {self.class_counts.fake} fake ones."
            )
        self.paired = mixture is not None
        self._draws = (
            _Natural(samples, batch_size, seed)
            if mixture is None
            else _Mixed(samples, mixture, batch_size, seed)
        )

    def draw(self, step: int) -> list[Sample]:
        """The samples of one step, counted from 0.

        Of a mixture, real ones come first, and the nth real belongs to the nth fake.
        """
        return self._draws.draw(step)


class _Natural:
    def __init__(self, samples: Sequence[Sample], batch_size: int, seed: int) -> None:
        self._samples, self._batch_size = samples, batch_size
        self._order = EpochOrder(len(samples), [seed, 4])

    def draw(self, step: int) -> list[Sample]:
        epoch, index = divmod(step, math.ceil(len(self._samples) / self._batch_size))
        start = index * self._batch_size
        chosen = self._order.epoch(epoch)[start : start + self._batch_size]
        return [self._samples[place] for place in chosen.tolist()]


class _Mixed:
    """Half a batch is fakes, each kind as often as the mixture says; a real stands beside each.

    That is the picture a fake was made of, where the data says which; else one of its source;
    else one of any source. Reals come first, and the nth real belongs to the nth fake.
    """

    def __init__(
        self, samples: Sequence[Sample], mixture: Mixture, batch_size: int, seed: int
    ) -> None:
        if batch_size % 2:
            raise ConfigurationError(f"The batch size is {batch_size}; half of it must be real.")
        self._seed = seed
        pairs = mixture.pairs(samples)
        fakes: dict[Pool, list[tuple[Sample, Sample | None]]] = defaultdict(list)
        for fake, real in pairs:
            fakes[pool_of(fake.picture)].append((fake, real))
        shares = mixture.shares([fake.picture for fake, _ in pairs])
        self._fakes = [fakes[pool] for pool in shares]
        self._orders = [
            EpochOrder(len(pool), [seed, 5, index]) for index, pool in enumerate(self._fakes)
        ]
        self._picks = WeightedPicks([*shares.values()], batch_size // 2, [seed, 1])
        self._reals = _Reals([each for each in samples if not each.picture.fake], mixture)

    def draw(self, step: int) -> list[Sample]:
        reals, fakes = [], []
        for slot, (pool, place) in enumerate(self._picks.at(step)):
            fake, real = self._fakes[pool][self._orders[pool].at(place)]
            rng = np.random.default_rng([self._seed, 2, step, slot])
            reals.append(self._reals.like(fake, rng) if real is None else real)
            fakes.append(fake)
        return [*reals, *fakes]


class _Reals:
    """Real pictures to stand beside fakes that have none of their own."""

    def __init__(self, reals: Sequence[Sample], mixture: Mixture) -> None:
        pools: dict[Pool, list[Sample]] = defaultdict(list)
        for real in reals:
            pools[pool_of(real.picture)].append(real)
        shares = mixture.shares([real.picture for real in reals])
        self._pools = [pools[pool] for pool in shares]
        self._shares = [*shares.values()]
        self._by_source: dict[str, list[Sample]] = defaultdict(list)
        for pool in self._pools:
            self._by_source[pool[0].picture.source] += pool

    def like(self, fake: Sample, rng: np.random.Generator) -> Sample:
        """One of the fake's source, or of any where it has none."""
        pool = self._by_source.get(fake.picture.source)
        if not pool:
            pool = self._pools[rng.choice(len(self._pools), p=self._shares)]
        return pool[int(rng.integers(len(pool)))]
