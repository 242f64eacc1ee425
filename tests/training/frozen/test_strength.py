from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.data.sample import Sample
from training.data.self_blend import blended_fakes
from training.frozen.strength import Choice, choose_strength, kept_whole, of_views

_STRENGTHS = (1e-4, 10.0)


def _many(samples: Sequence[Sample], sources: int, each: int) -> list[Sample]:
    """Real and fake pictures by turns, ``each`` of a source and class, each its own group."""
    picture = samples[0].picture
    return [
        replace(
            samples[0],
            picture=replace(
                picture, source=f"s{source}", fake=fake, key=f"{source} {n} {fake}", group=str(n)
            ),
        )
        for source in range(sources)
        for n in range(each)
        for fake in (False, True)
    ]


def _chosen(many: Sequence[Sample], features: np.ndarray, told: list[str]) -> Choice:
    ones = np.ones(len(many))
    return choose_strength(features.astype(np.float16), many, ones, _STRENGTHS, show=told.append)


def test_whole_sources_are_held_back_where_there_are_five(samples: list[Sample]) -> None:
    many, told = _many(samples, sources=5, each=8), list[str]()
    random = np.random.default_rng(0)
    fake = np.array([each.picture.fake for each in many])
    features = random.normal(size=(1, len(many), 40))
    features[0, :, 39] += 0.7 * fake
    chosen = _chosen(many, features, told)
    assert (chosen.by, chosen.folds) == ("source", 5)
    assert len(told) == 5
    assert set(chosen.areas) == set(_STRENGTHS)
    assert chosen.strength == max(chosen.areas, key=lambda each: chosen.areas[each])


def test_groups_are_held_back_where_sources_are_few(samples: list[Sample]) -> None:
    many = _many(samples, sources=2, each=4)
    chosen = _chosen(many, np.random.default_rng(0).normal(size=(2, len(many), 3)), [])
    assert chosen.by == "group"
    assert "on a group that a head was not fitted to" in chosen.describe()
    assert chosen.to_json()["by"] == "group"


@pytest.mark.parametrize(("sources", "by"), [(2, "group"), (5, "source")])
def test_a_fake_blended_of_a_picture_is_held_back_with_it(
    samples: list[Sample], sources: int, by: str
) -> None:
    many = [replace(s, landmarks=((0.5, 0.5),) * 5) for s in _many(samples, sources, each=3)]
    blended = blended_fakes(many)
    assert len(blended) == sources * 3
    everything = [*many, *blended]
    told, names = kept_whole(everything, np.array([each.picture.fake for each in everything]))
    assert told == by
    name_of = {s.picture.key: name for s, name in zip(many, names, strict=False)}
    assert names[len(many) :].tolist() == [name_of[s.picture.key] for s in blended]


def test_of_equal_figures_the_stronger_penalty_is_taken(samples: list[Sample]) -> None:
    many = _many(samples, sources=2, each=6)
    fake = np.array([each.picture.fake for each in many], np.float64)
    features = np.stack([fake, -fake], axis=1)[None]  # both strengths are always right
    chosen = _chosen(many, features, [])
    assert chosen.areas == {1e-4: 1.0, 10.0: 1.0}
    assert chosen.strength == 10.0


def test_a_single_group_of_a_class_is_refused(samples: list[Sample]) -> None:
    many = _many(samples, sources=1, each=1)
    with pytest.raises(ConfigurationError, match="two groups of real and two of fake"):
        _chosen(many, np.zeros((1, 2, 3)), [])


def test_every_view_is_a_row_and_a_picture_counts_the_same_with_any_number_of_them() -> None:
    features = np.arange(12, dtype=np.float16).reshape(2, 3, 2)
    rows, fake, weights = of_views(features, np.array([True, False, True]), np.array([1.0, 2, 3]))
    assert rows[4].tolist() == features[1, 1].tolist()
    assert fake.tolist() == [True, False, True] * 2
    assert weights.tolist() == [0.5, 1, 1.5] * 2
