from __future__ import annotations

import numpy as np
import pytest

from core.errors import BundleInvalid
from training.export.int8_difference import Int8Difference

LOGITS = np.array([-3.0, -1.0, 1.0, 3.0])
FAKE = LOGITS > 0


def test_the_loss_is_a_share_of_the_deviation_so_that_a_calibration_changes_nothing() -> None:
    int8 = LOGITS + np.array([0.2, -0.2, 0.2, -0.2])
    found = Int8Difference.between(LOGITS, int8, FAKE)
    steeper = Int8Difference.between(5 * LOGITS - 2, 5 * int8 - 2, FAKE)
    assert found.logit.share == pytest.approx(0.2 / np.sqrt(5))
    assert steeper.logit.share == pytest.approx(found.logit.share)
    assert found.logit.greatest == pytest.approx(0.2)
    assert found.auc == (1.0, 1.0)


def test_more_than_the_bound_is_refused_with_figure_and_limit() -> None:
    found = Int8Difference.between(LOGITS, LOGITS[::-1], FAKE)
    with pytest.raises(BundleInvalid, match=r"by 2\.000 of its own.*limit is 0\.1: .*0\.0000 in I"):
        found.check(0.1)
    found.check(2.0001)


def test_a_network_that_says_the_same_of_all_pictures_has_no_int8() -> None:
    found = Int8Difference.between(np.zeros(4), np.full(4, 1e-6), None)
    with pytest.raises(BundleInvalid, match="by inf of its own deviation"):
        found.check(0.1)


@pytest.mark.parametrize("fake", [None, np.zeros(4, np.bool_)], ids=["no labels", "one class"])
def test_without_both_classes_there_is_no_auc(fake: np.ndarray | None) -> None:
    found = Int8Difference.between(LOGITS, LOGITS, fake)
    assert found.auc is None
    assert "auc_fp32" not in found.to_json()
