from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigurationError
from training.data.batches import Sampler
from training.data.mixture import Mixture
from training.data.sample import Sample
from training.data.self_blend import blended_fakes
from training.frozen.balance import mixture_weights


def test_a_picture_counts_as_often_as_training_would_draw_it(samples: list[Sample]) -> None:
    mixture = Mixture({"portraits": 2})
    some = [each for each in samples if each.picture.source == "dfdc" or each.picture.fake]
    some += [_of(each, "crowds", kind="") for each in samples if each.picture.source == "portraits"]
    some = [each for each in some if not (each.picture.source == "crowds" and each.picture.fake)]
    sampler = Sampler(some, mixture, batch_size=8, seed=3)
    drawn = Counter(each.picture.key for step in range(4000) for each in sampler.draw(step))
    frequency = np.array([drawn[each.picture.key] for each in some], np.float64)
    weights = mixture_weights(some, mixture)
    assert weights.mean() == pytest.approx(1)
    assert weights == pytest.approx(frequency / frequency.mean(), rel=0.15, abs=0.02)


def test_classes_count_alike(samples: list[Sample]) -> None:
    reals, fakes = (
        [each for each in samples if each.picture.fake is fake] for fake in (False, True)
    )
    fewer = reals[:3] + fakes
    fake = np.array([each.picture.fake for each in fewer])
    weights = mixture_weights(fewer, Mixture())
    assert weights[fake].sum() == pytest.approx(weights[~fake].sum())


def test_a_source_of_weight_0_counts_nothing(samples: list[Sample]) -> None:
    weights = mixture_weights(samples, Mixture({"portraits": 0}))
    left_out = np.array([each.picture.source == "portraits" for each in samples])
    assert not weights[left_out].any()
    assert weights[~left_out].all()


def test_a_fake_blended_of_a_source_of_weight_0_counts_nothing_as_in_training(
    samples: list[Sample],
) -> None:
    mixture, blended = Mixture({"dfdc": 0}), blended_fakes(samples)
    weights = mixture_weights([*samples, *blended], mixture)
    left_out = np.array([of_dfdc(each) for each in (*samples, *blended)])
    assert left_out[len(samples) :].any()
    assert not left_out[len(samples) :].all()
    assert not weights[left_out].any()
    assert weights[~left_out].all()


def of_dfdc(sample: Sample) -> bool:
    return "/dfdc/" in sample.picture.key


def test_one_class_alone_is_refused_with_its_number(samples: list[Sample]) -> None:
    fakes = [each for each in samples if each.picture.fake]
    with pytest.raises(ConfigurationError, match=f"0 real and {len(fakes)} fake"):
        mixture_weights(fakes, Mixture())


def _of(sample: Sample, source: str, *, kind: str) -> Sample:
    key = f"{source}/{sample.picture.key}"
    return replace(sample, picture=replace(sample.picture, source=source, kind=kind, key=key))
