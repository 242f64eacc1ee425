from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model.sigmoid import sigmoid
from training.calibrate.calibration import Wanted
from training.calibrate.group_thresholds import (
    check_enough_groups,
    choose_group_thresholds,
    largest_share,
    normal_bound,
)

WANTED = Wanted(0.05, 0.05)


def _sample(groups: int, files: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """P(fake) of ``files`` alike files of each group, classes and groups."""
    fake = np.repeat(np.arange(2 * groups) < groups, files)
    logit = np.repeat(rng.normal(0, 1.5, 2 * groups), files) + np.where(fake, 1.0, -1.0)
    return sigmoid(logit), fake, np.repeat(np.arange(2 * groups), files).astype(str)


def test_the_promise_holds_for_a_file_of_one_more_group_and_not_only_on_average_of_files() -> None:
    rng = np.random.default_rng(0)
    others, other_fake, _ = _sample(20_000, 1, rng)
    by_groups = []
    for _ in range(300):
        p, fake, groups = _sample(30, 10, rng)
        found = choose_group_thresholds(p, fake, groups, WANTED)
        by_groups.append((others[~other_fake] >= found.fake).mean())
    assert np.mean(by_groups) < 0.051


def test_as_many_groups_as_the_share_needs_are_enough() -> None:
    fake = np.arange(38) < 19
    groups = np.arange(38).astype(str)
    check_enough_groups(fake, groups, WANTED)
    with pytest.raises(ConfigurationError, match=r"18 persons.*0\.05 needs 19.*0\.053"):
        check_enough_groups(fake[1:], groups[1:], WANTED)


def test_a_normal_tail_sets_a_threshold_that_few_groups_cannot_show_and_never_a_lower_one() -> None:
    p, fake, groups = _sample(29, 1, np.random.default_rng(3))
    strict = Wanted(0.01, 0.05, "normal")
    with pytest.raises(ConfigurationError, match=r"0\.01 needs 99.*or for --tail normal"):
        check_enough_groups(fake, groups, Wanted(0.01, 0.05))
    check_enough_groups(fake, groups, strict)
    found = choose_group_thresholds(p, fake, groups, strict)
    assert found.fake > p[~fake].max()
    assert found.real == choose_group_thresholds(p, fake, groups, WANTED).real
    outlier = np.where(np.arange(58) == 57, 0.9999, p)
    assert choose_group_thresholds(outlier, fake, groups, strict).fake >= 0.9999


def test_a_distribution_is_not_fitted_to_a_handful_of_groups() -> None:
    fake, groups = np.arange(38) < 19, np.arange(38).astype(str)
    with pytest.raises(ConfigurationError, match=r"of 19 persons.*20 at least"):
        check_enough_groups(fake, groups, Wanted(0.05, 0.06, "normal"))


def test_with_one_group_no_share_is_offered() -> None:
    with pytest.raises(ConfigurationError, match=r"Give more\.$"):
        check_enough_groups(np.array([False, True]), np.array(["a", "b"]), WANTED)


def test_files_that_need_no_band_get_a_narrow_one() -> None:
    fake = np.arange(80) < 40
    p = np.where(fake, 0.9, 0.1)
    found = choose_group_thresholds(p, fake, np.arange(80).astype(str), WANTED)
    assert 0 < found.fake - found.real <= 0.013


def test_the_true_share_is_at_most_what_is_said_as_often_as_is_said() -> None:
    rng = np.random.default_rng(1)
    limit = largest_share(29, 0.05)
    held = 0
    for _ in range(400):
        scores = np.sort(rng.random(29))
        held += 1 - scores[-1 - int(0.05 * 30) + 1] <= limit
    assert held / 400 == pytest.approx(0.95, abs=0.03)


def test_a_file_of_one_more_group_exceeds_the_bound_as_often_as_was_said() -> None:
    rng = np.random.default_rng(0)
    others = sigmoid(rng.normal(-2, 1.5, 50_000))
    names = np.arange(29).astype(str)
    shares = [
        (others > normal_bound(sigmoid(rng.normal(-2, 1.5, 29)), names, 0.02)).mean()
        for _ in range(400)
    ]
    assert np.mean(shares) == pytest.approx(0.02, abs=0.003)


def test_of_a_group_the_file_with_the_highest_probability_counts() -> None:
    alone = np.linspace(0.1, 0.6, 20)
    names = np.arange(20).astype(str)
    low = np.concatenate([alone, np.full(20, 0.01)])
    assert normal_bound(low, np.tile(names, 2), 0.02) == pytest.approx(
        normal_bound(alone, names, 0.02)
    )


def test_a_saturated_probability_gives_a_bound_below_one() -> None:
    p = np.where(np.arange(30) < 2, 1.0, 0.1)
    assert 0.5 < normal_bound(p, np.arange(30).astype(str), 0.02) < 1
