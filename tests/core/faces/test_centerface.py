"""The arithmetic around CenterFace."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.faces.centerface import MAX_OVERLAP, decode, letterbox, suppress

numbers = st.floats(0, 100, width=32)


def test_a_frame_is_never_enlarged_on_its_canvas() -> None:
    batch, scale, left, top = letterbox(np.full((50, 60, 3), 9, np.uint8), (256, 448))
    assert (scale, left, top) == (1, 194, 103)
    assert batch.shape == (1, 256, 448, 3)
    assert (batch > 0).sum() == 50 * 60 * 3


def test_a_cell_of_the_maps_is_a_box_and_five_points_in_pixels() -> None:
    heat = np.zeros((1, 4, 6), np.float32)
    heat[0, 2, 3] = 0.8
    size, offset = np.zeros((2, 2, 4, 6), np.float32)
    size[:, 2, 3] = np.log([5, 2])  # 20 px high, 8 px wide
    offset[:, 2, 3] = (0.5, -0.25)  # down, right: the centre is at y = 12, x = 13
    landmarks = np.zeros((10, 4, 6), np.float32)
    landmarks[:, 2, 3] = np.repeat([0, 0.25, 0.5, 0.75, 1], 2)
    (found,) = decode(heat, size, offset, landmarks)
    np.testing.assert_allclose(found[:5], [9, 2, 17, 22, 0.8], atol=1e-5)
    points = [(9, 2), (11, 7), (13, 12), (15, 17), (17, 22)]
    np.testing.assert_allclose(found[5:].reshape(5, 2), points, atol=1e-5)


def test_maps_without_a_face_give_none() -> None:
    assert decode(*(np.zeros((n, 4, 4), np.float32) for n in (1, 2, 2, 10))).shape == (0, 15)


def test_what_stands_behind_the_score_stays_with_its_box() -> None:
    rows = np.arange(45, dtype=np.float32).reshape(3, 15)
    kept = suppress(rows)
    assert (kept == rows[::-1][: len(kept)]).all()


def test_a_part_of_a_face_gives_way_to_the_whole() -> None:
    whole, part, other = [0, 0, 90, 90, 0.9], [20, 20, 50, 50, 0.5], [200, 0, 290, 90, 0.7]
    kept = suppress(np.array([part, whole, other], np.float32))
    np.testing.assert_allclose(kept, np.array([whole, other], np.float32))


def test_of_no_boxes_none_are_left() -> None:
    assert suppress(np.empty((0, 5), np.float32)).shape == (0, 5)


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers, st.floats(0, 1, width=32))))
def test_kept_boxes_come_by_score_and_do_not_overlap(
    rows: list[tuple[float, float, float, float, float]],
) -> None:
    found = np.array([(x, y, x + w, y + h, score) for x, y, w, h, score in rows], np.float32)
    kept = suppress(found.reshape(-1, 5))
    assert len(kept) == 0 or kept[0, 4] == found[:, 4].max()
    assert (np.diff(kept[:, 4]) <= 0).all()
    for index, (x, y, right, down, _) in enumerate(kept):
        for a, b, c, d, _ in kept[:index]:
            shared = max(0, min(right, c) - max(x, a)) * max(0, min(down, d) - max(y, b))
            smaller = min((right - x) * (down - y), (c - a) * (d - b))
            assert shared <= MAX_OVERLAP * smaller * 1.001 + 1e-3
