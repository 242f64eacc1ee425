from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.mixture import Mixture
from training.data.self_blend import SOURCE, blended_fakes


def _sampler(samples: list[Sample], seed: int = 3) -> Sampler:
    return Sampler(samples, Mixture(), batch_size=8, seed=seed)


def _drawn(sampler: Sampler, steps: int) -> list[Sample]:
    return [sample for step in range(steps) for sample in sampler.draw(step)]


def test_half_of_every_batch_is_real(samples: list[Sample]) -> None:
    for step in range(5):
        labels = [sample.picture.fake for sample in _sampler(samples).draw(step)]
        assert labels == [False] * 4 + [True] * 4


def test_a_fake_stands_beside_the_real_that_it_was_made_of(samples: list[Sample]) -> None:
    for step in range(5):
        drawn = [sample.picture for sample in _sampler(samples).draw(step)]
        for real, fake in zip(drawn[:4], drawn[4:], strict=True):
            assert real.source == fake.source
            assert not fake.group_stated or real.group == fake.group


def test_a_blended_fake_stands_beside_its_own_picture(samples: list[Sample]) -> None:
    sampler = _sampler([*samples, *blended_fakes(samples)])
    drawn = [sampler.draw(step) for step in range(10)]
    pairs = [pair for batch in drawn for pair in zip(batch[:4], batch[4:], strict=True)]
    blended = [(real, fake) for real, fake in pairs if fake.picture.source == SOURCE]
    assert len(blended) > 4
    assert all(real.picture.key == fake.picture.key for real, fake in blended)


def test_a_fake_of_a_source_without_reals_stands_beside_any_other(samples: list[Sample]) -> None:
    alone = [
        replace(each, picture=replace(each.picture, source="gan")) if each.picture.fake else each
        for each in samples
    ]
    reals = Counter(s.picture.source for s in _drawn(_sampler(alone), 40) if not s.picture.fake)
    assert set(reals) == {"dfdc", "portraits"}
    assert min(reals.values()) / reals.total() > 0.35


def test_a_step_does_not_depend_on_those_before_it(samples: list[Sample]) -> None:
    assert _sampler(samples).draw(7) == _sampler(samples).draw(7)
    assert _sampler(samples).draw(7) != _sampler(samples, seed=4).draw(7)


def test_the_fakes_of_a_source_are_walked_without_repetition(samples: list[Sample]) -> None:
    for weights in ({}, {"dfdc": 3.0}):
        sampler = Sampler(samples, Mixture(weights), batch_size=8, seed=1)
        fakes = [s.picture.key for s in _drawn(sampler, 40) if s.picture.fake]
        for source in ("dfdc", "portraits"):
            seen = [key for key in fakes if key.startswith(f"train/{source}/")]
            assert len(seen) > 12
            assert all(len(set(seen[i : i + 6])) == 6 for i in range(0, len(seen) - 5, 6))


def test_a_heavier_source_is_drawn_more_often(samples: list[Sample]) -> None:
    sampler = Sampler(samples, Mixture({"dfdc": 9.0}), batch_size=32, seed=0)
    drawn = [sample.picture.source for sample in _drawn(sampler, 20)]
    assert 0.85 < drawn.count("dfdc") / len(drawn) < 0.95


def test_a_fake_without_its_real_is_drawn_as_the_others_are(samples: list[Sample]) -> None:
    lonely = next(s for s in samples if s.picture.source == "dfdc" and s.picture.fake)
    left = [s for s in samples if s.picture.fake or s.picture.group != lonely.picture.group]
    drawn = [sample.picture.key for sample in _drawn(_sampler(left), 20)]
    assert lonely.picture.key in drawn


def test_a_weight_of_nought_leaves_a_source_out(samples: list[Sample]) -> None:
    mixture = Mixture(weights={"dfdc": 0.0})
    sampler = Sampler([*samples, *blended_fakes(samples)], mixture, batch_size=8, seed=1)
    drawn = [sample.picture for sample in _drawn(sampler, 9)]
    assert {picture.source for picture in drawn} == {"portraits", SOURCE}
    assert all(picture.key.startswith("train/portraits/") for picture in drawn)


def test_without_a_mixture_an_epoch_shows_every_picture_once(samples: list[Sample]) -> None:
    sampler = Sampler(samples, None, batch_size=10, seed=1)
    epochs = [
        [s.picture.key for step in range(3 * epoch, 3 * epoch + 3) for s in sampler.draw(step)]
        for epoch in range(2)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(s.picture.key for s in samples)
    assert epochs[0] != epochs[1]
    assert len(sampler.draw(2)) == 4


def test_class_counts_give_weights_that_balance_the_classes(samples: list[Sample]) -> None:
    fakes = [sample for sample in samples if sample.picture.fake]
    reals = [sample for sample in samples if not sample.picture.fake][:4]
    counts = Sampler([*fakes, *reals], None, batch_size=4, seed=0).class_counts
    assert counts == (4, 12)
    assert counts.weights() == {0: 2.0, 1: pytest.approx(2 / 3)}


def test_an_odd_batch_is_refused(samples: list[Sample]) -> None:
    with pytest.raises(ConfigurationError, match="batch size is 7"):
        Sampler(samples, Mixture(), batch_size=7, seed=0)


def test_one_class_alone_is_refused(samples: list[Sample]) -> None:
    real = [sample for sample in samples if not sample.picture.fake]
    with pytest.raises(ConfigurationError, match="both classes"):
        Sampler(real, Mixture(), batch_size=8, seed=0)
