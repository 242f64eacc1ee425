from __future__ import annotations

import numpy as np

from training.data.augment import Augmentation, augmented_crop
from training.data.blending import SOURCE, blended_fakes
from training.data.cache import Sample


def test_every_blended_fake_is_a_real_picture_under_another_label(samples: list[Sample]) -> None:
    blended = blended_fakes(samples)
    originals = {s.picture.key for s in samples if not s.picture.fake}
    assert {s.picture.key for s in blended} == originals
    assert all(s.picture.fake and s.picture.source == SOURCE for s in blended)


def test_no_source_gives_more_than_its_share(samples: list[Sample]) -> None:
    assert len(blended_fakes(samples, per_source=2)) == 2 * 2  # two sources have reals


def test_a_blended_fake_is_not_the_picture_it_was_made_from(samples: list[Sample]) -> None:
    blended = blended_fakes(samples)[0]
    original = next(s for s in samples if s.picture.key == blended.picture.key)
    still = Augmentation(flip=0, rescale=0, blur=0, colour=0, noise=0, compress_before=0,
                         compress_after=0, margin=(0.3, 0.3), shift=0)  # fmt: skip
    crops = [augmented_crop(s, 64, np.random.default_rng(3), still) for s in (blended, original)]
    assert np.abs(crops[0].astype(int) - crops[1]).mean() > 1
