from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.data.augment import Augmentation, augmented_crop
from training.data.blending import SOURCE, blended_fakes
from training.data.cache import Sample
from training.data.degrade import Degradation


def test_every_blended_fake_is_a_real_picture_under_another_label(samples: list[Sample]) -> None:
    told = [replace(s, picture=replace(s.picture, kind="none", generator="x")) for s in samples]
    blended = blended_fakes(told)
    originals = {s.picture.key for s in samples if not s.picture.fake}
    assert {s.picture.key for s in blended} == originals
    assert all(s.picture.fake for s in blended)
    for name in ("source", "kind", "generator"):
        assert {getattr(s.picture, name) for s in blended} == {SOURCE}


def test_a_picture_without_landmarks_is_not_blended(samples: list[Sample]) -> None:
    blind = [replace(sample, landmarks=()) for sample in samples]
    assert blended_fakes(blind) == []
    assert len(blended_fakes([*blind, samples[0]])) == (not samples[0].picture.fake)


def test_no_source_gives_more_than_its_share(samples: list[Sample]) -> None:
    assert len(blended_fakes(samples, per_source=2)) == 2 * 2  # two sources have reals


def test_a_blended_fake_is_not_the_picture_it_was_made_from(samples: list[Sample]) -> None:
    blended = blended_fakes(samples)[0]
    original = next(s for s in samples if s.picture.key == blended.picture.key)
    still = Augmentation(
        flip=0,
        degradation=Degradation(rescale=0, blur=0, colour=0, noise=0, still=0),
        compress_crop=0,
        margin=(0.3, 0.3),
        shift=0,
    )

    def view(sample: Sample, seed: int) -> NDArray[np.uint8]:
        rng, blending_rng = (np.random.default_rng(each) for each in (0, seed))
        return augmented_crop(sample, 64, rng, still, blending_rng=blending_rng)

    differences = [
        np.abs(view(blended, seed).astype(int) - view(original, seed)).mean() for seed in range(12)
    ]
    assert min(differences) > 0
    assert np.mean(differences) > 1
