"""Finding faces and cutting them out; the face is NASA's portrait of Eileen Collins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from core.faces.detector import crop_face, load_face_detector
from core.faces.face import Box, FaceDetector

# The face in the 512 x 512 astronaut, by eye: left, top, right, bottom.
FACE = (178, 68, 268, 178)
FACE_WIDTH = FACE[2] - FACE[0]

edges = st.floats(0, 1)
lengths = st.integers(8, 200)


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return load_face_detector()


@pytest.fixture(scope="module")
def astronaut() -> NDArray[np.uint8]:
    return np.asarray(data.astronaut(), np.uint8)


def scaled(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=method))


def in_black(pixels: NDArray[np.uint8], left: int, top: int) -> NDArray[np.uint8]:
    frame = np.zeros((1080, 1920, 3), np.uint8)
    frame[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
    return frame


def gradient(height: int, width: int) -> NDArray[np.uint8]:
    """Red counts columns and green counts rows, so a pixel tells where it was."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, rows * 0], axis=-1).astype(np.uint8)


def test_the_shipped_detector_finds_one_face_in_a_portrait(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    (face,) = detector.detect(astronaut)
    box = np.array([face.box.left, face.box.top, face.box.width, face.box.height]) * 512
    expected = [FACE[0], FACE[1], FACE[2] - FACE[0], FACE[3] - FACE[1]]
    np.testing.assert_allclose(box, expected, atol=25)
    assert face.score > 0.7


def _landmarks(
    detector: FaceDetector, pixels: NDArray[np.uint8]
) -> tuple[Box, NDArray[np.float64]]:
    """The largest face and its landmarks, both as fractions of the frame."""
    face = detector.detect(pixels)[0]
    return face.box, np.array(face.landmarks)


def test_the_landmarks_of_a_portrait_are_eyes_nose_and_mouth(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    box, points = _landmarks(detector, astronaut)
    left_eye, right_eye, nose, left_mouth, right_mouth = points
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])
    assert (points > (box.left, box.top)).all()
    assert (points < (box.left + box.width, box.top + box.height)).all()
    # By eye, in pixels of the 512 x 512 portrait.
    by_eye = [(207, 111), (244, 109), (229, 130), (210, 148), (246, 147)]
    np.testing.assert_allclose(points * 512, by_eye, atol=9)


@pytest.mark.parametrize(("height", "width"), [(512, 512), (700, 512), (512, 900), (150, 900)])
def test_landmarks_move_with_the_face(
    detector: FaceDetector, astronaut: NDArray[np.uint8], height: int, width: int
) -> None:
    """Whatever canvas the frame is shrunk into, the points are where they were in the portrait."""
    portrait = astronaut if height > 200 else scaled(astronaut[:300, 100:400], 0.5)
    _, alone = _landmarks(detector, portrait)
    frame = np.zeros((height, width, 3), np.uint8)
    frame[: portrait.shape[0], -portrait.shape[1] :] = portrait[:height]
    _, points = _landmarks(detector, frame)
    moved = points * (width, height) - (width - portrait.shape[1], 0)
    np.testing.assert_allclose(moved, alone * portrait.shape[1::-1], atol=5)


@pytest.mark.parametrize("width", [90, 120, 200])
def test_a_face_is_found_where_it_stands_in_a_full_hd_frame(
    detector: FaceDetector, astronaut: NDArray[np.uint8], width: int
) -> None:
    factor = width / FACE_WIDTH
    portrait = scaled(astronaut, factor)[:1000]
    found = detector.detect(in_black(portrait, 700, 50))
    boxes = [(face.box.left * 1920, face.box.width * 1920) for face in found]
    expected = (700 + FACE[0] * factor, width)
    assert any(np.allclose(box, expected, atol=0.3 * width) for box in boxes)


@pytest.mark.parametrize("factor", [1, 4, 12])
def test_a_face_that_fills_the_whole_picture_is_found(
    detector: FaceDetector, astronaut: NDArray[np.uint8], factor: float
) -> None:
    left, top, right, bottom = FACE
    tight = scaled(astronaut[top - 10 : bottom + 10, left - 10 : right + 10], factor)
    face, *_ = detector.detect(tight)
    assert face.box.width > 0.5


def test_two_faces_come_with_the_larger_first(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    frame = in_black(scaled(astronaut, 1.2), 100, 300)
    frame[100:1000, 1000:1900] = scaled(astronaut, 2)[:900, :900]
    first, second = detector.detect(frame)
    assert first.box.width > second.box.width
    assert first.box.left > 0.5 > second.box.left


def test_every_face_of_a_crowd_comes(detector: FaceDetector, astronaut: NDArray[np.uint8]) -> None:
    crowd = np.tile(scaled(astronaut, 0.5)[:250, :250], (3, 4, 1))
    assert len(detector.detect(crowd)) == 12


@pytest.mark.parametrize("name", ["coffee", "rocket", "brick", "grass", "gravel", "coins", "text"])
def test_a_picture_without_people_has_no_face(detector: FaceDetector, name: str) -> None:
    pixels = np.asarray(getattr(data, name)(), np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=-1)
    assert detector.detect(pixels) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (17, 33), (1080, 1920)])
def test_an_empty_frame_of_any_shape_has_no_face(
    detector: FaceDetector, shape: tuple[int, int]
) -> None:
    assert detector.detect(np.zeros((*shape, 3), np.uint8)) == []


def test_boxes_stay_inside_the_frame_when_a_face_is_cut_by_its_edge(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    for face in detector.detect(np.ascontiguousarray(astronaut[:, 200:])):
        assert 0 <= face.box.left < face.box.left + face.box.width <= 1 + 1e-9
        assert 0 <= face.box.top < face.box.top + face.box.height <= 1 + 1e-9


def test_several_threads_may_share_one_detector(
    detector: FaceDetector, astronaut: NDArray[np.uint8]
) -> None:
    alone = detector.detect(astronaut)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect, [astronaut] * 8))
    for found in together:
        assert found[0].box.left == pytest.approx(alone[0].box.left, abs=1e-4)


def test_a_crop_is_the_box_and_a_third_on_each_side() -> None:
    crop = crop_face(gradient(200, 200), Box(0.35, 0.35, 0.3, 0.3), size=100)
    np.testing.assert_array_equal(crop, gradient(200, 200)[50:150, 50:150])


def test_a_tall_box_gives_a_square_around_its_centre() -> None:
    crop = crop_face(gradient(240, 240), Box(0.4, 0.25, 0.2, 0.5), size=120, margin=0)
    np.testing.assert_array_equal(crop, gradient(240, 240)[60:180, 60:180])


@pytest.mark.parametrize(("margin", "side"), [(0, 60), (1 / 3, 100), (0.5, 120), (2, 200)])
def test_a_margin_is_on_each_end_and_ends_with_the_frame(margin: float, side: int) -> None:
    crop = crop_face(gradient(200, 200), Box(0.35, 0.35, 0.3, 0.3), size=side, margin=margin)
    edge = (200 - side) // 2
    inside = gradient(200, 200)[edge : edge + side, edge : edge + side]
    np.testing.assert_array_equal(crop, inside)


def test_a_crop_at_the_edge_is_shifted_and_not_padded() -> None:
    crop = crop_face(gradient(100, 200), Box(0.0, 0.0, 0.1, 0.2), size=33)
    np.testing.assert_array_equal(crop[0, 0], [0, 0, 0])
    np.testing.assert_array_equal(crop, gradient(100, 200)[:33, :33])


def test_a_picture_that_is_already_a_face_stays_whole() -> None:
    crop = crop_face(gradient(224, 224), Box(0.05, 0.02, 0.9, 0.96), size=224)
    np.testing.assert_array_equal(crop, gradient(224, 224))


@settings(deadline=None)
@given(lengths, lengths, edges, edges, edges, edges, st.integers(1, 64))
def test_a_crop_is_always_a_square_of_pixels_of_the_frame(
    height: int, width: int, left: float, top: float, right: float, bottom: float, size: int
) -> None:
    box = Box(min(left, right), min(top, bottom), abs(right - left), abs(bottom - top))
    pixels = np.full((height, width, 3), 77, np.uint8)
    crop = crop_face(pixels, box, size=size)
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8
    assert (crop == 77).all()


@settings(deadline=None)
@given(st.floats(0.2, 0.6), st.floats(0.2, 0.6), st.floats(0.05, 0.2))
def test_a_crop_is_centred_on_the_box_where_there_is_room(
    left: float, top: float, size: float
) -> None:
    crop = crop_face(gradient(250, 250), Box(left, top, size, size), size=64, margin=0)
    middle = crop[..., :2].mean(axis=(0, 1))
    np.testing.assert_allclose(middle, np.array([left, top]) * 250 + size * 125, atol=1.5)
