from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.model.sigmoid import sigmoid
from training.calibrate.calibration import Wanted
from training.calibrate.thresholds import check_enough, choose_thresholds
from training.evaluate.metrics import effective_number

WANTED = Wanted(0.02, 0.05)


def _scores(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    fake = np.arange(2 * n) < n
    return sigmoid(rng.normal(0, 1.5, 2 * n) + np.where(fake, 1.0, -1.0)), fake


def test_thresholds_keep_false_positives_and_misses_within_their_shares() -> None:
    p, fake = _scores(10_000, np.random.default_rng(2))
    found = choose_thresholds(p, fake, np.ones(len(p)), WANTED)
    assert (p[~fake] >= found.fake).mean() == pytest.approx(0.02, abs=0.004)
    assert (p[fake] <= found.real).mean() == pytest.approx(0.05, abs=0.004)


def test_the_promise_holds_for_pictures_that_were_not_measured() -> None:
    """A plain quantile of 150 pictures lets 2.6 % of others pass; the share wanted is 2 %."""
    rng = np.random.default_rng(0)
    others, other_fake = _scores(20_000, rng)
    accused = []
    for _ in range(300):
        p, fake = _scores(150, rng)
        found = choose_thresholds(p, fake, np.ones(len(p)), WANTED)
        accused.append((others[~other_fake] >= found.fake).mean())
    assert np.mean(accused) < 0.0205


def test_thirty_pictures_of_each_class_are_refused_with_the_number_that_is_needed() -> None:
    fake = np.arange(60) < 30
    with pytest.raises(ConfigurationError, match=r"30 real .*0\.02 needs 150.* 0\.1\."):
        check_enough(fake, np.ones(60), WANTED)
    check_enough(fake, np.ones(60), Wanted(0.1, 0.1))


def test_the_class_that_is_too_small_is_named() -> None:
    fake = np.arange(340) < 40
    with pytest.raises(ConfigurationError, match=r"40 fake .*--misses 0\.05 needs 60"):
        check_enough(fake, np.ones(340), WANTED)


def test_pictures_of_one_heavy_source_count_for_less() -> None:
    weights = np.concatenate([np.full(190, 0.1), np.full(10, 10.0), np.ones(200)])
    assert effective_number(weights[:200]) < 15
    with pytest.raises(ConfigurationError, match=r"200 real .*which say as much as"):
        check_enough(np.arange(400) >= 200, weights, WANTED)


def test_a_detector_that_needs_no_band_gets_a_narrow_one() -> None:
    fake = np.arange(400) < 200
    found = choose_thresholds(np.where(fake, 0.9, 0.1), fake, np.ones(400), WANTED)
    assert 0 < found.fake - found.real <= 0.013


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=200, max_size=300), st.integers(0, 2**32))
def test_any_probabilities_give_thresholds_that_keep_the_shares(
    values: list[float], seed: int
) -> None:
    p = np.array(values)
    fake = np.random.default_rng(seed).permutation(len(p)) < len(p) // 2
    found = choose_thresholds(p, fake, np.ones(len(p)), Wanted(0.1, 0.1))
    assert found.real < found.fake
    if found.fake < 1:  # a P of 1 for a tenth of the reals cannot be left undecided
        assert (p[~fake] >= found.fake).mean() <= 0.1
    if found.real > 0:
        assert (p[fake] <= found.real).mean() <= 0.1
