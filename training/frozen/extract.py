"""The features of many views, computed once: crops are cut on threads while the tower works."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.lookahead import Lookahead
from training.data.progress import tracked
from training.data.sample import Sample
from training.frozen.store import FeatureStore
from training.frozen.tower import BATCH, Tower
from training.frozen.views import Views

_THREADS = 2

Show: TypeAlias = Callable[[str], None]
_View: TypeAlias = tuple[str, Sample, int]  # its key, and what it is a view of


def extract_features(
    tower: Tower,
    samples: Sequence[Sample],
    views: Views,
    numbers: Sequence[int],
    store: FeatureStore,
    *,
    show: Show,
) -> NDArray[np.float16]:
    """The features of each view in ``numbers`` of each picture: (views, pictures, ...) float16.

    Those that the store holds are read from it; the others are computed and kept. ``show`` is
    told, once the first batch is computed, how long the rest will take.
    """
    wanted = [(views.key(s, number), s, number) for number in numbers for s in samples]
    missing = [view for view in wanted if view[0] not in store]
    show(f"features: {len(wanted)} views, {len(wanted) - len(missing)} of them known")
    if missing:
        _compute(tower, views, missing, store, show)
    features = np.stack([store.read(key) for key, _, _ in wanted])
    return features.reshape(len(numbers), len(samples), *features.shape[1:])


def _compute(
    tower: Tower, views: Views, missing: list[_View], store: FeatureStore, show: Show
) -> None:
    tower.features(np.zeros((1, tower.size, tower.size, 3), np.uint8))  # compiles
    cv2.setNumThreads(1)  # the threads of the look-ahead are the parallelism
    batches = [missing[start : start + BATCH] for start in range(0, len(missing), BATCH)]

    def cut(number: int) -> NDArray[np.uint8]:
        return np.stack([views.crop(sample, view) for _, sample, view in batches[number]])

    crops, started = Lookahead(cut, len(batches), threads=_THREADS), time.monotonic()
    for number, batch in enumerate(tracked(batches, "features")):
        features = tower.features(crops[number])
        for (key, _, _), each in zip(batch, features, strict=True):
            store.write(key, each)
        if not number:
            show(_forecast(len(batch), len(missing), time.monotonic() - started))


def _forecast(first: int, total: int, seconds: float) -> str:
    minutes = seconds * (total - first) / first / 60
    return (
        f"features: the first {first} took {seconds:.1f} s, so the {total - first} that follow "
        f"take about {minutes:.0f} minutes; an interrupted run goes on where it was"
    )
