from __future__ import annotations

import numpy as np

from core import jpeg
from core.model.preprocess import Scaling, to_tensor
from training.data.augment import Augmentation
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.lookahead import Lookahead
from training.data.mixture import Mixture
from training.data.pipeline import Batch, evaluation_batches, training_batches
from training.data.views import views_of_step

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
