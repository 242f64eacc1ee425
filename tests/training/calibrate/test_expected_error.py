from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.faces.face import Box
from tests.training.pictures import CentreFace
from training.calibrate.expected_error import FEWEST, WIDTHS_PX, error_cells, picture_cells
from training.data.cache import Sample


def _cells(widths: list[float]) -> list[tuple[list[int | None], int]]:
    width = np.array(widths)
    cells = error_cells("video", width, np.ones(len(width), bool), np.zeros(len(width), bool))
    return [(list(cell.face_width_px), cell.files) for cell in cells]


def test_each_range_of_widths_with_enough_files_is_a_cell() -> None:
    assert _cells([50.0] * 30 + [100.0] * 40 + [400.0] * 30) == [
        ([40, 90], 30), ([90, 250], 40), ([250, None], 30),
    ]  # fmt: skip


def test_too_few_files_of_a_width_join_their_neighbours() -> None:
    assert _cells([50.0] * 29 + [100.0] * 31 + [400.0] * 10) == [([40, None], 70)]
    assert _cells([400.0] * 29) == []
    assert _cells([45.0] * 3 + [400.0] * 30) == [([40, None], 33)]


def test_faces_too_narrow_for_a_verdict_are_in_no_cell() -> None:
    assert WIDTHS_PX[0] == 40
    assert _cells([30.0] * 50 + [70.0] * 30) == [([40, None], 30)]


def test_decided_and_wrong_files_are_counted() -> None:
    decided, wrong = np.arange(40) < 20, np.arange(40) % 4 == 0
    (cell,) = error_cells("image", np.full(40, 90.0), decided, wrong)
    assert (cell.kind, cell.files, cell.decided, cell.wrong) == ("image", 40, 20, 5)


def test_pictures_count_by_the_width_of_their_face_in_pixels(samples: list[Sample]) -> None:
    verdicts = np.array([1] * len(samples))
    assert picture_cells(samples, verdicts) == ()  # CentreFace finds faces 32 px wide in them
    assert CentreFace().detect(samples[0].pixels())[0].box.width * 64 == 32
    twice = samples * 3
    wide = [_wider(sample) for sample in twice]
    (cell,) = picture_cells(wide, np.array([1] * len(wide)))
    assert cell.files == cell.decided == len(wide) >= FEWEST
    assert cell.wrong == sum(not sample.picture.fake for sample in wide)


def _wider(sample: Sample) -> Sample:
    return replace(sample, box=Box(0.0, 0.0, 1.0, 1.0))


def test_a_picture_without_a_face_counts_nowhere(samples: list[Sample]) -> None:
    faceless = [replace(_wider(sample), face_found=False) for sample in samples * 3]
    assert picture_cells(faceless, np.ones(len(faceless), np.int64)) == ()


@pytest.mark.parametrize("count", [0, 1])
def test_no_files_have_no_cells(count: int) -> None:
    assert _cells([100.0] * count) == []
