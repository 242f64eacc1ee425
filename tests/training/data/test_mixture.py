from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.mixture import Mixture, pairs_of

MIXTURE = Mixture(paired_share=0.5, weights={"portraits": 3.0, "lfw": 2.0})


def _named(samples: list[Sample], name: str, kind: str = "") -> list[Sample]:
    """The same as ``--data NAME=PATH`` gives them."""
    return [
        replace(s, picture=replace(s.picture, source=f"{name}/{s.picture.source}", kind=kind))
        for s in samples
    ]


def test_a_data_set_with_a_name_keeps_weights_and_pairs(samples: list[Sample]) -> None:
    plain = Sampler(samples, MIXTURE, batch_size=8, seed=3)
    named = Sampler(_named(samples, "mine"), MIXTURE, batch_size=8, seed=3)
    for step in range(5):
        drawn = [[s.picture.key for s in each.draw(step)] for each in (plain, named)]
        assert drawn[0] == drawn[1]


def test_pairs_are_what_a_manifest_groups_whatever_the_source_is_called(
    samples: list[Sample],
) -> None:
    pairs = pairs_of(_named(samples, "mine"))
    assert len(pairs) == 6
    for real, fake in pairs:
        assert (real.picture.fake, fake.picture.fake) == (False, True)
        assert real.picture.group == fake.picture.group
    guessed = [replace(each, picture=replace(each.picture, group_stated=False)) for each in samples]
    assert pairs_of(guessed) == []


def test_a_group_of_several_pictures_gives_as_many_pairs(samples: list[Sample]) -> None:
    one_clip = [replace(s, picture=replace(s.picture, group="clip")) for s in samples]
    stated = [s for s in one_clip if s.picture.source == "dfdc"][:-1]
    assert len(pairs_of(stated)) == 5
    assert len({id(sample) for pair in pairs_of(stated) for sample in pair}) == 10


def test_a_weight_may_be_that_of_a_kind_and_a_source_goes_before_it(samples: list[Sample]) -> None:
    (sample,) = _named(samples[:1], "mine", kind="swap")
    for weights, expected in (
        ({"swap": 2.0}, 2.0),
        ({"swap": 2.0, "dfdc": 3.0}, 3.0),
        ({"dfdc": 3.0, "mine/dfdc": 4.0}, 4.0),
        ({"lfw": 9.0}, 1.0),
    ):
        assert Mixture(0, weights).weight_of(sample.picture) == expected


def test_the_mixture_says_what_it_uses_and_what_it_cannot(samples: list[Sample]) -> None:
    told = MIXTURE.describe(samples)
    assert "50% pairs (6 of dfdc)" in told
    assert "weights portraits 3" in told
    assert "no picture has the source or kind lfw" in told
    portraits = [each for each in samples if each.picture.source == "portraits"]
    assert "no pairs, as no manifest states a group" in MIXTURE.describe(portraits)


def test_a_weight_that_would_change_nothing_is_refused(samples: list[Sample]) -> None:
    with pytest.raises(ConfigurationError, match="paired_share"):
        Sampler(samples, MIXTURE.with_weights({"dfdc": 2.0}), batch_size=8, seed=0)
