from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model.sigmoid import sigmoid
from training.calibrate.calibration import (
    Wanted,
    balanced_group_weights,
    balanced_weights,
    fit,
    group_weights,
)


def test_platt_scaling_recovers_the_parameters_that_made_the_labels() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, 40_000)
    fake = rng.random(40_000) < sigmoid(0.6 * logits - 0.8)
    found = fit(logits, fake, "made up")
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.intercept == pytest.approx(-0.8, abs=0.05)


def test_a_weight_of_two_is_a_picture_twice() -> None:
    rng = np.random.default_rng(3)
    logits, weights = rng.normal(0, 2, 400), np.r_[np.full(200, 2.0), np.full(200, 1.0)]
    fake = rng.random(400) < sigmoid(logits)
    twice = np.r_[np.arange(200), np.arange(400)]
    weighted = fit(logits, fake, "weighted", weights=weights)
    repeated = fit(logits[twice], fake[twice], "repeated")
    # Not equal: Platt's targets depend on the number of pictures.
    assert weighted.slope == pytest.approx(repeated.slope, rel=0.02)


def test_separable_classes_still_have_a_finite_answer() -> None:
    found = fit(np.array([-2.0, -1, 1, 2]), np.array([False, False, True, True]), "four")
    assert 0 < found.slope < 10


def test_a_network_with_its_classes_swapped_is_refused() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=500)
    with pytest.raises(ConfigurationError, match="class order"):
        fit(logits, rng.random(500) < sigmoid(-3 * logits), "swapped")


def test_one_class_cannot_be_calibrated() -> None:
    with pytest.raises(ConfigurationError, match="one class"):
        fit(np.zeros(3), np.ones(3, bool), "fakes")


@pytest.mark.parametrize("share", [0.0, 0.5, 1.2])
def test_a_share_that_makes_no_sense_is_named(share: float) -> None:
    with pytest.raises(ConfigurationError, match=f"false positives is {share:g}"):
        Wanted(false_positives=share)


def test_both_classes_weigh_the_same_however_many_there_are() -> None:
    fake = np.array([False] * 90 + [True] * 10)
    weights = balanced_weights(["a"] * 45 + ["b"] * 45 + ["a"] * 10, fake)
    assert weights[fake].sum() == pytest.approx(weights[~fake].sum())
    assert weights.mean() == pytest.approx(1)


def test_groups_count_alike_and_their_files_share() -> None:
    weights = group_weights(np.array(["a", "b", "b", "b"]))
    assert weights.tolist() == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])


def test_classes_count_alike_and_sources_by_the_root_of_their_groups() -> None:
    sources = np.array(["x"] * 8 + ["y"] * 2 + ["x"])
    groups = np.array(["1", "1", "1", "1", "1", "2", "3", "4", "5", "5", "6"])
    fake = np.array([False] * 10 + [True])
    weights = balanced_group_weights(sources, groups, fake)
    assert weights.mean() == pytest.approx(1)
    assert weights[fake].sum() == pytest.approx(weights[~fake].sum())
    of_x, of_y = weights[:8].sum(), weights[8:10].sum()
    assert of_x / of_y == pytest.approx(2)  # four groups and one
    assert weights[0] == pytest.approx(weights[5] / 5)
