from __future__ import annotations

import numpy as np
import pytest

from training.calibrate.group_weights import balanced_group_weights, group_weights


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
