from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.faces.detector import crop_face
from core.faces.face import Box
from training.data.cache import Sample
from training.data.surroundings import surroundings_of

LANDMARKS = ((0.42, 0.44), (0.58, 0.44), (0.5, 0.53), (0.44, 0.61), (0.56, 0.61))


def _sample(sample: Sample, height: int, width: int, box: Box) -> Sample:
    """One whose pixels tell their column and row."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([columns // 8, rows // 8, columns % 8 + 8 * (rows % 8)], axis=-1)
    _, data = cv2.imencode(".png", pixels.astype(np.uint8)[..., ::-1])
    return replace(sample, data=data.tobytes(), box=box)


def test_a_small_picture_stays_as_it_is(samples: list[Sample]) -> None:
    sample = _sample(samples[0], 700, 1024, Box(0.4, 0.4, 0.05, 0.05))
    seen = surroundings_of(sample, 0.5)
    assert np.array_equal(seen.pixels, sample.pixels())
    assert seen.box == sample.box
    np.testing.assert_allclose(seen.landmarks, np.array(sample.landmarks) * (1024, 700))


def test_without_landmarks_there_are_none(samples: list[Sample]) -> None:
    for size in (64, 1100):
        sample = _sample(samples[0], size, size, Box(0.4, 0.4, 0.05, 0.05))
        assert surroundings_of(replace(sample, landmarks=()), 0.5).landmarks.shape == (0, 2)


def test_of_a_photograph_the_part_around_the_face_is_left(samples: list[Sample]) -> None:
    sample = _sample(samples[0], 1500, 2000, Box(0.5, 0.5, 0.05, 0.1))  # 100 x 150 px
    seen = surroundings_of(sample, 0.5)
    assert seen.pixels.shape == (390, 390, 3)  # 1.3 times a crop of 300 px
    assert np.array_equal(seen.pixels, sample.pixels()[630:1020, 855:1245])


def test_a_face_that_is_too_large_is_shrunk(samples: list[Sample]) -> None:
    sample = _sample(samples[0], 1500, 2000, Box(0.1, 0.1, 0.5, 0.8))
    seen = surroundings_of(sample, 0.5)
    assert seen.pixels.shape == (768, 1024, 3)
    assert seen.box.width == pytest.approx(0.5)


def test_box_and_landmarks_stay_on_the_face(samples: list[Sample]) -> None:
    box = Box(0.6, 0.3, 0.2, 0.2)
    points = tuple((0.6 + 0.2 * x, 0.3 + 0.2 * y) for x, y in LANDMARKS)
    for height, width in ((1400, 1400), (1030, 2900), (4000, 1100)):
        seen = surroundings_of(
            replace(_sample(samples[0], height, width, box), landmarks=points), 0.4
        )
        size = np.array(seen.pixels.shape[1::-1])
        inside = (seen.landmarks / size - (seen.box.left, seen.box.top)) / (
            seen.box.width, seen.box.height
        )  # fmt: skip
        np.testing.assert_allclose(inside, LANDMARKS, atol=1e-6)


def test_any_crop_within_the_margin_is_that_of_the_whole_picture(samples: list[Sample]) -> None:
    @settings(deadline=None, max_examples=12)
    @given(
        left=st.floats(0, 0.9),
        top=st.floats(0, 0.9),
        size=st.floats(0.02, 0.15),
        margin=st.floats(0, 0.7),
        shift=st.floats(-0.06, 0.06),
    )
    def holds(left: float, top: float, size: float, margin: float, shift: float) -> None:
        sample = _sample(samples[0], 1100, 1300, Box(left, top, size, size))
        seen = surroundings_of(sample, 0.7)
        whole = _crop(sample.pixels(), sample.box, margin, shift)
        assert np.abs(whole - _crop(seen.pixels, seen.box, margin, shift)).max() <= 1

    holds()


def _crop(pixels: NDArray[np.uint8], box: Box, margin: float, shift: float) -> NDArray[np.int64]:
    """Column and row of the corners of a crop, in pixels of the whole picture."""
    moved = replace(box, left=box.left + shift * box.width, top=box.top + shift * box.height)
    crop = crop_face(pixels, moved, size=_side(pixels, moved, margin), margin=margin)
    corners = crop[[0, -1], [0, -1]].astype(np.int64)
    return np.stack(
        [8 * corners[:, 0] + corners[:, 2] % 8, 8 * corners[:, 1] + corners[:, 2] // 8], axis=1
    )


def _side(pixels: NDArray[np.uint8], box: Box, margin: float) -> int:
    """The side at which a crop is not resized."""
    height, width = pixels.shape[:2]
    side = max(box.width * width, box.height * height) * (1 + 2 * margin)
    return int(min(max(round(side), 1), height, width))
