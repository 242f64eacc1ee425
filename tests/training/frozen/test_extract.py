from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.data.augment import Augmentation
from training.data.sample import Sample
from training.frozen.extract import extract_features
from training.frozen.store import FeatureStore
from training.frozen.tower import Tower
from training.frozen.views import Views

_VIEWS = Views(size=32, margin=0.25, augmentation=Augmentation(), seed=1)


def test_each_view_of_each_picture_has_its_features(
    tower: Tower, samples: list[Sample], tmp_path: Path
) -> None:
    told: list[str] = []
    store = FeatureStore(tmp_path, tower.key)
    features = extract_features(tower, samples, _VIEWS, (0, 1), store, show=told.append)
    assert features.shape == (2, len(samples), 2, 2, 8)
    for number in (0, 1):
        for place in (0, len(samples) - 1):
            crop = _VIEWS.crop(samples[place], number)[None]
            assert features[number, place] == pytest.approx(tower.features(crop)[0], abs=5e-3)
    count = 2 * len(samples)
    assert told[0] == f"features: {count} views, 0 of them known"
    assert re.search(rf"the first 8 took .* s, so the {count - 8} that follow .* minutes", told[1])


def test_an_interrupted_run_computes_what_is_missing_and_no_more(
    tower: Tower, samples: list[Sample], tmp_path: Path
) -> None:
    counted = _Counting(**{each.name: getattr(tower, each.name) for each in fields(tower)})
    store = FeatureStore(tmp_path, tower.key)
    lost = replace(samples[12], data=b"no picture")
    with pytest.raises(Exception, match="decoded"):
        extract_features(
            counted, [*samples[:12], lost], _VIEWS, (0,), store, show=lambda _told: None
        )
    before, told = counted.seen, list[str]()
    assert before == 8  # the batch before the broken picture
    everything = extract_features(counted, samples, _VIEWS, (0,), store, show=told.append)
    assert counted.seen == len(samples)
    assert told[0] == f"features: {len(samples)} views, 8 of them known"
    again = extract_features(counted, samples, _VIEWS, (0,), store, show=told.append)
    assert counted.seen == len(samples)
    assert np.array_equal(everything, again)


class _Counting(Tower):
    """A tower that counts the crops it sees, apart from the black one that compiles it."""

    def features(self, crops: NDArray[np.uint8]) -> NDArray[np.float16]:
        if crops.any():
            object.__setattr__(self, "seen", self.seen + len(crops))
        return super().features(crops)

    seen = 0
