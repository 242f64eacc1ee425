from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from training.data.batches import Sampler
from training.data.cache import Sample
from training.data.mixture import Mixture, pool_of, with_partners
from training.data.picture import Picture
from training.data.self_blend import blended_fakes

MIXTURE = Mixture(weights={"portraits": 3.0, "lfw": 2.0})


def _of_kind(samples: list[Sample], kind: str) -> list[Sample]:
    return [replace(each, picture=replace(each.picture, kind=kind)) for each in samples]


def _pictures(samples: list[Sample], **of_kind: dict[str, int]) -> list[Picture]:
    """So many fakes of each source of each kind."""
    fake = next(each.picture for each in samples if each.picture.fake)
    return [
        replace(fake, kind=kind, source=source)
        for kind, of_source in of_kind.items()
        for source, number in of_source.items()
        for _ in range(number)
    ]


def test_the_partner_of_a_fake_is_the_real_of_its_stated_group(samples: list[Sample]) -> None:
    pairs = with_partners(samples)
    assert all(fake.picture.fake for fake, _ in pairs)
    for fake, real in pairs:
        if fake.picture.source == "dfdc":
            assert real is not None
            assert not real.picture.fake
            assert real.picture.group == fake.picture.group
        else:
            assert real is None
    guessed = [replace(each, picture=replace(each.picture, group_stated=False)) for each in samples]
    assert {real for _, real in with_partners(guessed)} == {None}


def test_frames_of_one_clip_are_paired_in_their_order(samples: list[Sample]) -> None:
    clip = [
        replace(each, picture=replace(each.picture, group="clip"))
        for each in samples
        if each.picture.source == "dfdc"
    ]
    reals = [each for each in clip if not each.picture.fake]
    fakes = [each for each in clip if each.picture.fake]
    assert with_partners(clip) == list(zip(fakes, reals, strict=True))
    # Fewer reals than fakes: they come round again.
    assert [real for _, real in with_partners([*reals[:2], *fakes])] == reals[:2] * 3


def test_the_partner_of_a_blended_fake_is_the_picture_that_it_is_blended_from(
    samples: list[Sample],
) -> None:
    reals = [each for each in samples if not each.picture.fake]
    for fake, real in with_partners([*reals, *blended_fakes(samples)]):
        assert real is not None
        assert (real.picture.key, real.picture.fake) == (fake.picture.key, False)


def test_partners_are_found_in_copies_of_samples_too(samples: list[Sample]) -> None:
    copies = [replace(each) for each in samples]
    assert with_partners(copies) == with_partners(samples)
    Sampler(copies, MIXTURE, batch_size=8, seed=3).draw(0)


def test_a_weight_may_be_that_of_a_kind_and_a_source_goes_before_it(samples: list[Sample]) -> None:
    (sample,) = _of_kind(samples[:1], "swap")
    for weights, expected in (
        ({"swap": 2.0}, 2.0),
        ({"swap": 2.0, "dfdc": 3.0}, 3.0),
        ({"lfw": 9.0}, 1.0),
    ):
        assert Mixture(weights).weight_of(sample.picture) == expected


def test_a_kind_is_drawn_by_the_square_root_of_its_size(samples: list[Sample]) -> None:
    pictures = _pictures(samples, swap={"a": 90, "b": 10}, diffusion={"c": 25})
    shares = Mixture().shares(pictures)
    assert sum(shares.values()) == pytest.approx(1)
    swap = shares["swap", "a"] + shares["swap", "b"]
    assert swap / shares["diffusion", "c"] == pytest.approx(10 / 5)
    assert shares["swap", "a"] / shares["swap", "b"] == pytest.approx(3)


def test_without_kinds_every_source_is_one_of_its_own(samples: list[Sample]) -> None:
    fakes = [each.picture for each in samples if each.picture.fake]
    assert Mixture().shares(fakes) == {
        ("dfdc", "dfdc"): pytest.approx(0.5),
        ("portraits", "portraits"): pytest.approx(0.5),
    }


def test_reals_have_no_kind(samples: list[Sample]) -> None:
    real = next(each.picture for each in samples if not each.picture.fake)
    assert pool_of(replace(real, kind="none")) == (real.source, real.source)


def test_a_weight_multiplies_how_often_a_source_or_kind_is_drawn(samples: list[Sample]) -> None:
    pictures = _pictures(samples, swap={"a": 4, "b": 4}, diffusion={"c": 16})
    shares = Mixture({"a": 3.0, "diffusion": 0.0}).shares(pictures)
    assert shares == {("swap", "a"): pytest.approx(0.75), ("swap", "b"): pytest.approx(0.25)}


def test_weights_that_are_all_nought_are_refused_with_their_sources(samples: list[Sample]) -> None:
    pictures = _pictures(samples, swap={"a": 4, "b": 4})
    with pytest.raises(ConfigurationError, match="Every weight is 0: a, b"):
        Mixture({"swap": 0.0}).shares(pictures)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(ConfigurationError, match="weight of source 'dfdc'"):
        Mixture(weights={"dfdc": weight})


def test_the_mixture_says_what_it_uses_and_what_it_cannot(samples: list[Sample]) -> None:
    told = MIXTURE.describe(samples)
    assert told == (
        "fakes portraits 75%, dfdc 25%; 6 of 12 have a real picture of their own; "
        "no picture has the source or kind lfw"
    )
    kinds = _of_kind(samples, "swap")
    assert Mixture().describe(kinds).startswith("fakes swap 100%; 6 of 12")


def test_a_pool_is_drawn_as_often_as_the_mixture_says(samples: list[Sample]) -> None:
    sampler = Sampler(samples, MIXTURE, batch_size=32, seed=0)
    drawn = Counter(
        s.picture.source for step in range(30) for s in sampler.draw(step) if s.picture.fake
    )
    assert 0.7 < drawn["portraits"] / drawn.total() < 0.8
