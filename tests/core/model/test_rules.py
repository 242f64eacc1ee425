from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.model.rules import Band, ErrorCell, Novelty, check_disjoint


def cell(low: int, high: int | None, **changes: Any) -> ErrorCell:
    counts = {"kind": "video", "files": 130, "decided": 120, "wrong": 6, **changes}
    return ErrorCell(face_width_px=(low, high), **counts)


def test_a_band_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"real threshold 0\.8 is not below"):
        Band(fake=0.2, real=0.8)


@pytest.mark.parametrize("changes", [{"wrong": 121}, {"decided": 131}])
def test_a_cell_counts_no_more_wrong_than_decided_and_no_more_decided_than_files(
    changes: dict[str, int],
) -> None:
    with pytest.raises(ValidationError, match="each number includes the one before it"):
        cell(40, 90, **changes)


def test_a_cell_of_no_width_is_refused() -> None:
    with pytest.raises(ValidationError, match="from 90 to below 90 px"):
        cell(90, 90)


def test_a_cell_begins_with_its_first_width_and_ends_before_the_next_ones() -> None:
    videos = cell(40, 90)
    assert [videos.holds("video", width) for width in (39.5, 40, 89.5, 90)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert not videos.holds("image", 60)
    assert cell(90, None).holds("video", 4000)


def test_cells_that_share_no_file_may_touch() -> None:
    check_disjoint((cell(90, None), cell(0, 40), cell(40, 90), cell(0, None, kind="image")))


@pytest.mark.parametrize("high", [60, None])
def test_two_cells_of_one_file_are_refused(high: int | None) -> None:
    with pytest.raises(ValueError, match="two cells of videos hold faces 50 px wide"):
        check_disjoint((cell(50, high), cell(40, 90)))


@pytest.mark.parametrize("changes", [{"limit": 0}, {"rate": 1.5}])
def test_a_novelty_that_refuses_everything_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Novelty.model_validate({"limit": 9.0, "rate": 0.02, "fitted_on": "x", **changes})
