from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import jpeg
from core.model.preprocess import Scaling, to_tensor
from training.data.augment import Augmentation
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.degrade import Degradation
from training.data.lookahead import Lookahead
from training.data.mixture import Mixture
from training.data.pipeline import Batch, evaluation_batches, training_batches, views_of_step
from training.data.self_blend import blended_fakes

SEED = 5


def _batches(
    samples: list[Sample], first: int, last: int, scaling: Scaling = Scaling.SIGNED
) -> Lookahead[Batch]:
    sampler = Sampler(samples, Mixture(), batch_size=8, seed=SEED)
    return training_batches(
        sampler,
        Augmentation(),
        lambda step: 32 if step < 6 else 48,
        first_step=first,
        last_step=last,
        seed=SEED,
        scaling=scaling,
    )


def test_batches_arrive_in_order_with_the_size_of_their_step(samples: list[Sample]) -> None:
    shapes = [crops.shape for crops, _ in _batches(samples, 4, 9)]
    assert shapes == [(8, 32, 32, 3)] * 2 + [(8, 48, 48, 3)] * 3


def test_a_resumed_run_sees_the_batches_of_an_unbroken_one(samples: list[Sample]) -> None:
    whole = list(_batches(samples, 0, 5))
    resumed = list(_batches(samples, 3, 5))
    for (crops, labels), (again, labels_again) in zip(whole[3:], resumed, strict=True):
        assert np.array_equal(crops, again)
        assert np.array_equal(labels, labels_again)


def test_a_batch_holds_the_augmented_crops_in_the_scaling_of_the_network(
    samples: list[Sample],
) -> None:
    sampler = Sampler(samples, Mixture(), batch_size=8, seed=SEED)
    drawn = sampler.draw(2)
    crops, labels = _batches(samples, 2, 3, Scaling.UNIT)[0]
    _, views = views_of_step(sampler, 2, 32, Augmentation(), SEED)
    assert np.array_equal(crops, to_tensor(np.stack(views), Scaling.UNIT))
    assert labels.tolist() == [float(sample.picture.fake) for sample in drawn]
    assert {str(each.dtype) for each in (crops, labels)} == {"float32"}


def test_evaluation_sees_every_picture_once_as_serving_does(samples: list[Sample]) -> None:
    batches = evaluation_batches(samples[:7], 40, margin=0.5, scaling=Scaling.RAW, batch_size=3)
    parts = list(batches)
    assert [len(labels) for _, labels in parts] == [3, 3, 1]
    served = jpeg.decode(jpeg.encode(samples[6].crop(40, 0.5)), size=40)
    assert np.array_equal(parts[2][0][0], served.astype(np.float32))
    labels = np.concatenate([labels for _, labels in parts])
    assert labels.tolist() == [float(sample.picture.fake) for sample in samples[:7]]


def test_their_number_is_known_before_a_picture_is_read(samples: list[Sample]) -> None:
    assert len(_batches(samples, 2, 9)) == 7
    assert len(_batches(samples, 9, 9)) == 0


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
