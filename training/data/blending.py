"""Fakes to be blended: real pictures under another label, made new at every look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.data.cache import Sample

SOURCE = "self_blended"


def blended_fakes(
    samples: Sequence[Sample], *, per_source: int = 800, seed: int = 0
) -> list[Sample]:
    """Fakes of the source ``self_blended`` for the real pictures among ``samples``.

    At most ``per_source`` of one source, so that none drowns the others. Every one may take
    its donor from all of them. They are blended in training only: ``augment.py`` does it.
    """
    reals = defaultdict(list)
    for sample in samples:
        if not sample.picture.fake and sample.landmarks:
            reals[sample.picture.source].append(sample)
    rng = np.random.default_rng([seed, 4])
    chosen = [
        pool[index]
        for _, pool in sorted(reals.items())
        for index in rng.permutation(len(pool))[:per_source]
    ]
    return [
        replace(sample, donors=chosen, picture=replace(sample.picture, source=SOURCE, fake=True))
        for sample in chosen
    ]
