"""What each picture counts where a head is fitted: as often as a mixture would draw it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError
from training.data.mixture import Mixture, pool_of
from training.data.sample import Sample


def mixture_weights(samples: Sequence[Sample], mixture: Mixture) -> NDArray[np.float64]:
    """(n,) float64 of mean 1: how often :class:`training.data.batches.Sampler` draws each picture.

    Fakes are half of it, each kind by its share. The other half are the reals: the one that a fake
    was made of counts what the fake does; where nobody says which, all of its source share that;
    where its source has none, all reals do, by their own shares. Raises
    :class:`ConfigurationError` where a class is missing.
    """
    place = {id(sample): index for index, sample in enumerate(samples)}
    reals = [index for index, sample in enumerate(samples) if not sample.picture.fake]
    if not reals or len(reals) == len(samples):
        raise ConfigurationError(
            f"A head is fitted to pictures of both classes; there are {len(reals)} real and "
            f"{len(samples) - len(reals)} fake ones."
        )
    weights = np.zeros(len(samples))
    any_real = _by_shares(samples, reals, mixture)
    of_source: dict[str, list[int]] = defaultdict(list)
    for index in reals:
        of_source[samples[index].picture.source].append(index)
    pairs = mixture.pairs(samples)
    of_fakes = _by_shares(samples, [place[id(fake)] for fake, _ in pairs], mixture)
    homeless = 0.0  # what fakes count that no real picture belongs to
    for fake, real in pairs:
        weight = of_fakes[place[id(fake)]]
        weights[place[id(fake)]] = weight
        if real is not None:
            weights[place[id(real)]] += weight
        elif own := [i for i in of_source[fake.picture.source] if any_real[i]]:
            weights[own] += weight / len(own)
        else:
            homeless += weight
    weights += homeless * any_real
    return np.asarray(weights * len(samples) / weights.sum(), np.float64)


def _by_shares(
    samples: Sequence[Sample], some: Sequence[int], mixture: Mixture
) -> NDArray[np.float64]:
    """(n,) that add up to 1: the shares of the pools of ``some``, 0 for the others."""
    pictures = [samples[index].picture for index in some]
    shares, sizes = mixture.shares(pictures), Counter(map(pool_of, pictures))
    weights = np.zeros(len(samples))
    for index, picture in zip(some, pictures, strict=True):
        pool = pool_of(picture)
        weights[index] = shares.get(pool, 0.0) / sizes[pool]
    return weights
