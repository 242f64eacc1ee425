from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.data.augment import Augmentation
from training.data.batches import Sampler
from training.data.blending import blended_fakes
from training.data.cache import Sample
from training.data.degrade import Degradation
from training.data.mixture import Mixture
from training.data.views import views_of_step

ROUGH = Augmentation(
    degradation=Degradation(
        rescale=0.5, blur=0.5, noise=0.5, still=0.3, film=0.3, messenger=0.2, screen=0.2
    ),
    erase=0.5,
    compress_crop=0.5,
)


def _sampler(
    samples: list[Sample],
    mixture: Mixture | None = Mixture(),  # noqa: B008 - frozen
) -> Sampler:
    return Sampler(samples, mixture, batch_size=8, seed=3)


@pytest.mark.parametrize("mixture", [Mixture(), None])
def test_a_view_is_made_of_every_sample(samples: list[Sample], mixture: Mixture | None) -> None:
    sampler = _sampler(samples, mixture)
    seen, crops = views_of_step(sampler, 1, 40, ROUGH, seed=7)
    assert seen == sampler.draw(1)
    assert [crop.shape for crop in crops] == [(40, 40, 3)] * len(seen)


def test_a_step_does_not_depend_on_those_before_it(samples: list[Sample]) -> None:
    mixed = [*samples, *blended_fakes(samples)]
    _, crops = views_of_step(_sampler(mixed), 5, 32, ROUGH, seed=7)
    _, again = views_of_step(_sampler(mixed), 5, 32, ROUGH, seed=7)
    _, other = views_of_step(_sampler(mixed), 5, 32, ROUGH, seed=8)
    assert np.array_equal(crops, again)
    assert not np.array_equal(crops, other)


def test_a_fake_and_the_real_beside_it_are_seen_alike(samples: list[Sample]) -> None:
    """Where the picture of a fake is that of a real, whatever is done to both is the same."""
    reals = [each for each in samples if not each.picture.fake]
    twins = [replace(each, picture=replace(each.picture, fake=True)) for each in reals]
    stated = [
        replace(each, picture=replace(each.picture, group=each.picture.key, group_stated=True))
        for each in (*reals, *twins)
    ]
    for step in range(6):
        seen, crops = views_of_step(_sampler(stated), step, 32, ROUGH, seed=7)
        assert [each.picture.fake for each in seen] == [False] * 4 + [True] * 4
        assert np.array_equal(crops[:4], crops[4:])
        assert not np.array_equal(crops[0], crops[1])


def test_a_blended_fake_differs_from_the_real_beside_it_in_the_face_alone(
    samples: list[Sample],
) -> None:
    reals = [each for each in samples if not each.picture.fake]
    still = Augmentation(
        degradation=Degradation(rescale=0, blur=0, colour=0, noise=0, still=0),
        compress_crop=0,
        margin=(0.5, 0.5),
        zoom=(1, 1),
        shift=0,
    )
    sampler = _sampler([*reals, *blended_fakes(samples)])
    changed = np.zeros((64, 64))
    for step in range(8):
        _, crops = views_of_step(sampler, step, 64, still, seed=7)
        changed += np.abs(np.array(crops[:4], int) - crops[4:]).mean(axis=(0, 3))
    assert changed[24:44, 24:44].mean() > 10 * changed[:8, :].mean()
