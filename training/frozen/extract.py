"""The features of many views, computed once: crops are cut on threads while the tower works."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.sample import Sample
from training.frozen.store import FeatureStore
from training.frozen.tower import BATCH, Tower
from training.frozen.views import Views

_AHEAD = 2  # batches whose crops are cut while the tower works on another
_THREADS = 2

Show: TypeAlias = Callable[[str], None]
_View: TypeAlias = tuple[str, Sample, int]  # its key, and what it is a view of
_Cut: TypeAlias = tuple[list[_View], list[Future[NDArray[np.uint8]]]]


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
    cv2.setNumThreads(1)  # the pool's threads are the parallelism
    bar = click.progressbar(length=len(missing), label="features", show_pos=True, file=sys.stderr)
    pool = ThreadPoolExecutor(_THREADS)
    try:
        started = time.monotonic()
        with bar:
            for done, (batch, crops) in enumerate(_cut(pool, views, missing)):
                features = tower.features(np.stack([crop.result() for crop in crops]))
                for (key, _, _), each in zip(batch, features, strict=True):
                    store.write(key, each)
                if not done:
                    show(_forecast(len(batch), len(missing), time.monotonic() - started))
                bar.update(len(batch))
    finally:
        pool.shutdown(cancel_futures=True)


def _cut(pool: ThreadPoolExecutor, views: Views, missing: list[_View]) -> Iterator[_Cut]:
    """The batches with their crops, a few of which are cut ahead."""
    ahead: deque[_Cut] = deque()
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        ahead.append((batch, [pool.submit(views.crop, s, number) for _, s, number in batch]))
        if len(ahead) > _AHEAD:
            yield ahead.popleft()
    yield from ahead


def _forecast(first: int, total: int, seconds: float) -> str:
    minutes = seconds * (total - first) / first / 60
    return (
        f"features: the first {first} took {seconds:.1f} s, so the {total - first} that follow "
        f"take about {minutes:.0f} minutes; an interrupted run goes on where it was"
    )
