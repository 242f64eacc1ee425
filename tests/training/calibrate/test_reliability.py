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
)


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


def test_one_video_of_a_class_cannot_be_held_back_from_itself() -> None:
    data = overconfident(400, pictures_a_group=400)
    with pytest.raises(ConfigurationError, match="two groups"):
        cross_validate(data, Wanted())


def test_the_figures_are_told_in_words_and_kept() -> None:
    judged = cross_validate(overconfident(), Wanted())
    assert f"{judged.ece_after:.4f} after" in judged.describe()
    assert judged.to_json()["ece_after"] == round(judged.ece_after, 4)
