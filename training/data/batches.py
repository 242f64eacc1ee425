"""Which pictures make a batch: a mixture of sources in balance, or a data set as it is.

A batch is a pure function of (seed, step), so a run that is resumed sees the pictures that
it would have seen, and nothing has to be saved.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from core.errors import ConfigurationError
from training.data.cache import Sample
from training.data.mixture import Mixture, pairs_of
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

    With a :class:`Mixture`, half of every batch is real, and every source is walked without
    repetition in a new order each epoch of its own. Without one, an epoch shows every picture
    once, shuffled, in its natural proportions; the last batch of an epoch may be smaller.

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
        self._draws = (
            _Natural(samples, batch_size, seed)
            if mixture is None
            else _Mixed(samples, mixture, batch_size, seed)
        )

    def draw(self, step: int) -> list[Sample]:
        """The samples of one step, counted from 0; of a mixture, real ones first."""
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
    def __init__(
        self, samples: Sequence[Sample], mixture: Mixture, batch_size: int, seed: int
    ) -> None:
        if batch_size % 2:
            raise ConfigurationError(f"The batch size is {batch_size}; half of it must be real.")
        half = batch_size // 2
        slots = round(half * mixture.paired_share)
        self._pairs = pairs_of(samples) if slots else []
        self._pair_order = EpochOrder(len(self._pairs), [seed, 2])
        self._pair_slots = slots if self._pairs else 0
        paired = {id(sample) for pair in self._pairs for sample in pair}
        others = [sample for sample in samples if id(sample) not in paired]
        _refuse_useless_weights(mixture, self._pairs, others)
        slots = half - self._pair_slots
        self._walks = [_Walk(others, mixture, slots, seed, fake=fake) for fake in (False, True)]

    def draw(self, step: int) -> list[Sample]:
        places = range(step * self._pair_slots, (step + 1) * self._pair_slots)
        pairs = [self._pairs[self._pair_order.at(place)] for place in places]
        chosen: list[Sample] = []
        for fake, walk in enumerate(self._walks):
            chosen += [pair[fake] for pair in pairs]
            chosen += walk.draw(step)
        return chosen


def _refuse_useless_weights(
    mixture: Mixture, pairs: Sequence[tuple[Sample, Sample]], others: Sequence[Sample]
) -> None:
    drawn_alone = {sample.picture.source for sample in others}
    for source in sorted({real.picture.source for real, _ in pairs} - drawn_alone):
        if {source, source.rpartition("/")[2]} & set(mixture.weights):
            raise ConfigurationError(
                f"{source} is drawn in pairs and has no weight; set the mixture's "
                f"paired_share (now {mixture.paired_share:g}), or 0 to draw it as the others."
            )


class _Walk:
    """The unpaired pictures of one class: each source has a pool, in an order of its own."""

    def __init__(
        self, samples: Sequence[Sample], mixture: Mixture, slots: int, seed: int, *, fake: bool
    ) -> None:
        pools: dict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            if sample.picture.fake is fake:
                pools[sample.picture.source].append(sample)
        known = {name: mixture.weight_of(pool[0].picture) for name, pool in pools.items()}
        names = sorted(name for name, weight in known.items() if weight > 0)
        if slots and not names:
            raise ConfigurationError(
                f"No {'fake' if fake else 'real'} pictures are left beside the pairs; add a source "
                "that has some, or train without a mixture: --set mixture=null."
            )
        self._pools = [pools[name] for name in names]
        self._orders = [
            EpochOrder(len(pool), [seed, 5, int(fake), index])
            for index, pool in enumerate(self._pools)
        ]
        weights = [known[name] for name in names]
        self._picks = WeightedPicks(weights, slots, [seed, 1, int(fake)]) if slots else None

    def draw(self, step: int) -> list[Sample]:
        if self._picks is None:
            return []
        return [
            self._pools[pool][self._orders[pool].at(place)] for pool, place in self._picks.at(step)
        ]
