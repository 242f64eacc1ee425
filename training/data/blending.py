"""Fakes to be blended: real pictures under another label, made new at every look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.data.cache import Sample
from training.data.picture import Picture

SOURCE = "self_blended"


def blended_fakes(
    samples: Sequence[Sample], *, per_source: int = 800, seed: int = 0
) -> list[Sample]:
    """Fakes of the source and kind ``self_blended`` for the real pictures among ``samples``.

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
    return [replace(sample, donors=chosen, picture=_as_fake(sample.picture)) for sample in chosen]


def _as_fake(picture: Picture) -> Picture:
    """The same file under another label; what is said of the real is not true of the fake."""
    return replace(picture, source=SOURCE, fake=True, generator=SOURCE, kind=SOURCE)
