"""Which pictures make a batch: half of it real, sources by weight, DFDC in pairs.

A batch is a pure function of (seed, step), so a run that is resumed sees the pictures that
it would have seen, and nothing has to be saved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.data.augment import Augmentation, augmented_crop
from training.data.cache import Sample


@dataclass(frozen=True, slots=True)
class Mixture:
    """How a batch is put together; shares are of one class (half a batch)."""

    paired_source: str = "dfdc"
    paired_share: float = 0.45
    weights: Mapping[str, float] = field(default_factory=dict)  # other sources; 1 where absent


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's pictures and labels."""

    step: int
    crops: NDArray[np.uint8]  # (n, size, size, 3) RGB
    fake: NDArray[np.float32]  # (n,), 1 for fake


class Sampler:
    """Chooses the samples of each step."""

    def __init__(
        self, samples: Sequence[Sample], mixture: Mixture, *, batch_size: int, seed: int
    ) -> None:
        if batch_size % 2:
            raise ConfigurationError(f"The batch size is {batch_size}; half of it must be real.")
        self._half, self._seed, self._mixture = batch_size // 2, seed, mixture
        self._pairs = _pairs(samples, mixture.paired_source)
        self._pair_slots = round(self._half * mixture.paired_share) if self._pairs else 0
        others = [s for s in samples if not self._pairs or not _paired(s, mixture)]
        self._pools = {fake: _pools(others, fake) for fake in (False, True)}
        if self._pair_slots < self._half and not all(self._pools.values()):
            raise ConfigurationError("Training needs pictures of both classes, real and fake.")

    def draw(self, step: int) -> list[Sample]:
        """The samples of one step, real ones first."""
        pairs = [self._pair(step * self._pair_slots + slot) for slot in range(self._pair_slots)]
        rng = np.random.default_rng([self._seed, 1, step])
        chosen: list[Sample] = []
        for fake in (False, True):
            chosen += [pair[fake] for pair in pairs]
            chosen += self._fill(fake, rng)
        return chosen

    def _pair(self, position: int) -> tuple[Sample, Sample]:
        """The pairs in a new order every epoch, none twice in one."""
        epoch, index = divmod(position, len(self._pairs))
        order = np.random.default_rng([self._seed, 2, epoch]).permutation(len(self._pairs))
        return self._pairs[int(order[index])]

    def _fill(self, fake: bool, rng: np.random.Generator) -> list[Sample]:
        pools = self._pools[fake]
        names = sorted(pools)
        weights = np.array([self._mixture.weights.get(name, 1.0) for name in names])
        picks = rng.choice(len(names), self._half - self._pair_slots, p=weights / weights.sum())
        return [pools[names[pick]][rng.integers(len(pools[names[pick]]))] for pick in picks]


class Loader:
    """Prepares the next batches on threads while the network trains on this one."""

    def __init__(
        self, sampler: Sampler, augmentation: Augmentation, *, seed: int, threads: int = 2
    ) -> None:
        self._sampler, self._augmentation, self._seed = sampler, augmentation, seed
        self._threads = threads

    def batches(self, steps: Sequence[int], sizes: Sequence[int]) -> Iterator[Batch]:
        """Batches of the given steps in order; ``sizes[i]`` is the side at ``steps[i]``, px."""
        cv2.setNumThreads(1)  # the pool is the parallelism
        with ThreadPoolExecutor(self._threads) as pool:
            waiting: list[tuple[int, list[Sample], list[Future[NDArray[np.uint8]]]]] = []
            for step, size in zip(steps, sizes, strict=True):
                samples = self._sampler.draw(step)
                crops = [
                    pool.submit(self._crop, sample, size, step, slot)
                    for slot, sample in enumerate(samples)
                ]
                waiting.append((step, samples, crops))
                if len(waiting) > 2:
                    yield _collect(*waiting.pop(0))
            for left in waiting:
                yield _collect(*left)

    def _crop(self, sample: Sample, size: int, step: int, slot: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng([self._seed, 3, step, slot])
        return augmented_crop(sample, size, rng, self._augmentation)


def _collect(step: int, samples: list[Sample], crops: list[Future[NDArray[np.uint8]]]) -> Batch:
    labels = np.array([sample.picture.fake for sample in samples], np.float32)
    return Batch(step, np.stack([crop.result() for crop in crops]), labels)


def _paired(sample: Sample, mixture: Mixture) -> bool:
    return sample.picture.source == mixture.paired_source


def _pairs(samples: Sequence[Sample], source: str) -> list[tuple[Sample, Sample]]:
    """(real, fake) of every group of the paired source that has both."""
    groups: dict[str, dict[bool, Sample]] = defaultdict(dict)
    for sample in samples:
        if sample.picture.source == source:
            groups[sample.picture.group][sample.picture.fake] = sample
    return [(pair[False], pair[True]) for _, pair in sorted(groups.items()) if len(pair) == 2]


def _pools(samples: Sequence[Sample], fake: bool) -> dict[str, list[Sample]]:
    pools: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.picture.fake is fake:
            pools[sample.picture.source].append(sample)
    return dict(pools)
