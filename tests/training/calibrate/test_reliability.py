from __future__ import annotations

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model.sigmoid import sigmoid
from training.calibrate.calibration import Wanted
from training.calibrate.reliability import (
    Labelled,
    calibrate,
    cross_validate,
    reliability,
    table,
)
from training.evaluate.metrics import calibration_error


def overconfident(n: int = 4000, *, pictures_a_group: int = 2) -> Labelled:
    """Logits three times as large as they ought to be."""
    rng = np.random.default_rng(0)
    right = rng.normal(0, 1.5, n)
    groups = np.array([f"video{index // pictures_a_group}" for index in range(n)])
    return Labelled(3 * right, rng.random(n) < sigmoid(right), groups, np.ones(n))


def test_calibration_lowers_the_error_on_pictures_that_it_did_not_see() -> None:
    judged = cross_validate(overconfident(), Wanted())
    assert judged.folds == 5
    assert judged.ece_before > 0.1
    assert judged.ece_after < 0.03
    assert judged.real_called_fake == pytest.approx(0.02, abs=0.01)
    assert judged.fake_called_real == pytest.approx(0.05, abs=0.015)


def test_no_group_is_judged_by_a_calibration_that_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data, seen = overconfident(400), []

    def spy(some: Labelled, wanted: Wanted, fitted_on: str) -> object:
        seen.append(set(some.groups))
        return calibrate(some, wanted, fitted_on)

    monkeypatch.setattr("training.calibrate.reliability.calibrate", spy)
    cross_validate(data, Wanted())
    everyone = set(data.groups)
    held = [everyone - groups for groups in seen]
    assert len(held) == 5
    assert sum(map(len, held)) == len(everyone) == len(set.union(*held))


def test_too_few_pictures_for_the_shares_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="to set a threshold by"):
        cross_validate(overconfident(60), Wanted())


def test_the_error_is_the_weighted_distance_to_the_diagonal() -> None:
    p = np.array([0.05, 0.05, 0.95, 0.95])
    fake = np.array([False, True, True, True])
    weights = np.array([1.0, 1.0, 2.0, 2.0])
    bins = reliability(p, fake, weights)
    assert [(each.pictures, each.fakes) for each in bins] == [(2, 0.5), (2, 1.0)]
    assert calibration_error(fake, p, weights[None]) == pytest.approx((2 * 0.45 + 4 * 0.05) / 6)


def test_certainty_falls_into_the_last_bin() -> None:
    (only,) = reliability(np.ones(3), np.ones(3, bool), np.ones(3))
    assert (only.low, only.high, only.pictures) == (0.9, 1.0, 3)


def test_one_video_of_a_class_cannot_be_held_back_from_itself() -> None:
    data = overconfident(400, pictures_a_group=400)
    with pytest.raises(ConfigurationError, match="two groups"):
        cross_validate(data, Wanted())


def test_the_table_has_a_line_for_each_bin_and_the_figures() -> None:
    judged = cross_validate(overconfident(), Wanted("temperature"))
    lines = table(judged).splitlines()
    assert len(lines) == len(judged.bins) + 2
    assert f"{judged.ece_after:.4f} after" in lines[-1]
    assert judged.to_json()["ece_after"] == round(judged.ece_after, 4)
