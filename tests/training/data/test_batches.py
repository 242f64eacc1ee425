from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.data.augment import Augmentation
from training.data.batches import Loader, Mixture, Sampler
from training.data.cache import Sample

MIXTURE = Mixture(paired_source="dfdc", paired_share=0.5)


def _sampler(samples: list[Sample], seed: int = 3) -> Sampler:
    return Sampler(samples, MIXTURE, batch_size=8, seed=seed)


def test_half_of_every_batch_is_real(samples: list[Sample]) -> None:
    for step in range(5):
        labels = [sample.picture.fake for sample in _sampler(samples).draw(step)]
        assert labels == [False] * 4 + [True] * 4


def test_both_halves_of_a_pair_share_a_batch(samples: list[Sample]) -> None:
    drawn = [s.picture for s in _sampler(samples).draw(0) if s.picture.source == "dfdc"]
    real = {picture.group for picture in drawn if not picture.fake}
    fake = {picture.group for picture in drawn if picture.fake}
    assert real == fake
    assert len(real) == 2


def test_an_epoch_shows_every_pair_once(samples: list[Sample]) -> None:
    sampler = _sampler(samples)
    drawn = [s.picture for step in range(3) for s in sampler.draw(step)]
    groups = [p.group for p in drawn if p.source == "dfdc" and not p.fake]
    assert sorted(groups) == sorted(set(groups))
    assert len(groups) == 6


def test_a_step_does_not_depend_on_those_before_it(samples: list[Sample]) -> None:
    assert _sampler(samples).draw(7) == _sampler(samples).draw(7)
    assert _sampler(samples).draw(7) != _sampler(samples, seed=4).draw(7)


def test_a_heavier_source_is_drawn_more_often(samples: list[Sample]) -> None:
    mixture = Mixture(paired_source="none", weights={"dfdc": 9.0, "portraits": 1.0})
    sampler = Sampler(samples, mixture, batch_size=32, seed=0)
    drawn = [s.picture.source for step in range(20) for s in sampler.draw(step)]
    assert 0.85 < drawn.count("dfdc") / len(drawn) < 0.95


def test_an_odd_batch_is_refused(samples: list[Sample]) -> None:
    with pytest.raises(ConfigurationError, match="batch size is 7"):
        Sampler(samples, MIXTURE, batch_size=7, seed=0)


def test_one_class_alone_is_refused(samples: list[Sample]) -> None:
    real = [sample for sample in samples if not sample.picture.fake]
    with pytest.raises(ConfigurationError, match="both classes"):
        Sampler(real, MIXTURE, batch_size=8, seed=0)


def test_batches_arrive_in_order_with_the_size_of_their_step(samples: list[Sample]) -> None:
    loader = Loader(_sampler(samples), Augmentation(), seed=1)
    batches = list(loader.batches(range(4, 9), [32, 32, 48, 48, 48]))
    assert [batch.step for batch in batches] == [4, 5, 6, 7, 8]
    assert [batch.crops.shape[1] for batch in batches] == [32, 32, 48, 48, 48]
    again = next(iter(loader.batches([4], [32])))
    assert np.array_equal(again.crops, batches[0].crops)
