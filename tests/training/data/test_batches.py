from __future__ import annotations

import pytest

from core.errors import ConfigurationError
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.mixture import Mixture

MIXTURE = Mixture(paired_share=0.5)


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
    mixture = Mixture(paired_share=0, weights={"dfdc": 9.0, "portraits": 1.0})
    sampler = Sampler(samples, mixture, batch_size=32, seed=0)
    drawn = [s.picture.source for step in range(20) for s in sampler.draw(step)]
    assert 0.85 < drawn.count("dfdc") / len(drawn) < 0.95


def test_an_unpaired_source_is_walked_without_repetition(samples: list[Sample]) -> None:
    sampler = _sampler(samples)  # 2 of 4 slots a class are portraits, of which there are 6
    for epoch in range(3):
        steps = range(epoch * 3, epoch * 3 + 3)
        drawn = [s.picture for step in steps for s in sampler.draw(step)]
        for fake in (False, True):
            keys = [p.key for p in drawn if p.source == "portraits" and p.fake is fake]
            assert len(keys) == len(set(keys)) == 6


def test_sources_of_unequal_weight_are_each_walked_without_repetition(
    samples: list[Sample],
) -> None:
    mixture = Mixture(paired_share=0, weights={"dfdc": 3.0})
    sampler = Sampler(samples, mixture, batch_size=8, seed=1)
    keys = [s.picture.key for step in range(40) for s in sampler.draw(step)]
    for source in ("dfdc", "portraits"):
        seen = [key for key in keys if key.startswith(f"train/{source}/real")]
        assert all(len(set(seen[i : i + 6])) == 6 for i in range(0, len(seen) - 5, 6))


def test_without_a_share_the_paired_source_is_drawn_as_the_others(samples: list[Sample]) -> None:
    mixture = Mixture(paired_share=0, weights={"dfdc": 3.0})
    sampler = Sampler(samples, mixture, batch_size=32, seed=0)
    drawn = [s.picture.source for step in range(20) for s in sampler.draw(step)]
    assert 0.7 < drawn.count("dfdc") / len(drawn) < 0.8


def test_a_picture_without_its_pair_is_drawn_as_the_others_are(samples: list[Sample]) -> None:
    lonely = next(s for s in samples if s.picture.source == "dfdc" and s.picture.fake)
    left = [s for s in samples if s.picture.fake or s.picture.group != lonely.picture.group]
    sampler = Sampler(left, MIXTURE, batch_size=8, seed=0)
    drawn = [s.picture.key for step in range(20) for s in sampler.draw(step)]
    assert lonely.picture.key in drawn


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"paired share is 1\.5"):
        Mixture(paired_share=1.5)


def test_a_weight_can_be_overridden_and_nought_leaves_a_source_out(samples: list[Sample]) -> None:
    mixture = Mixture(paired_share=0, weights={"dfdc": 9.0}).with_weights({"dfdc": 0.0})
    sampler = Sampler(samples, mixture, batch_size=8, seed=1)
    assert {s.picture.source for step in range(9) for s in sampler.draw(step)} == {"portraits"}


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(ConfigurationError, match="weight of source 'dfdc'"):
        Mixture(weights={"dfdc": weight})


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
        Sampler(samples, MIXTURE, batch_size=7, seed=0)


def test_one_class_alone_is_refused(samples: list[Sample]) -> None:
    real = [sample for sample in samples if not sample.picture.fake]
    with pytest.raises(ConfigurationError, match="both classes"):
        Sampler(real, MIXTURE, batch_size=8, seed=0)
