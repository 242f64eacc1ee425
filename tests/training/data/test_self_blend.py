from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.faces.face import Box
from training.data.self_blend import Blending, blend_faces, face_mask

FACE = Box(0.25, 0.2, 0.5, 0.6)
WHOLE_ONLY = Blending(parts=0.0, opacity=(1.0,))


def _picture(seed: int, side: int = 96) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (side, side, 3)).astype(np.uint8)


def test_the_face_changes_and_the_corners_of_the_picture_do_not() -> None:
    picture = _picture(0)
    blended = blend_faces(picture, FACE, picture, FACE, np.random.default_rng(1), WHOLE_ONLY)
    changed = np.abs(blended.astype(int) - picture).mean(axis=2)
    assert changed[40:60, 40:60].mean() > 3
    assert changed[:5, :5].max() == changed[-5:, -5:].max() == 0


def test_the_donor_may_have_another_size() -> None:
    picture, donor = _picture(0), np.full((150, 60, 3), 200, np.uint8)
    options = Blending(parts=0.0, opacity=(1.0,), colour_match=0.0)
    blended = blend_faces(picture, FACE, donor, FACE, np.random.default_rng(2), options)
    assert blended.shape == picture.shape
    assert blended[44:52, 44:52].std() < 20 < picture[44:52, 44:52].std()


def test_colour_matching_gives_the_donor_the_mean_of_the_face_that_it_covers() -> None:
    picture = np.clip(_picture(0) // 4 + 20, 0, 255).astype(np.uint8)
    donor = np.clip(_picture(1) // 4 + 180, 0, 255).astype(np.uint8)
    options = Blending(parts=0.0, opacity=(1.0,), colour_match=1.0)
    blended = blend_faces(picture, FACE, donor, FACE, np.random.default_rng(3), options)
    assert abs(float(blended[40:60, 40:60].mean()) - float(picture[40:60, 40:60].mean())) < 10


def test_the_same_seed_gives_the_same_fake() -> None:
    one, other = (
        blend_faces(_picture(0), FACE, _picture(1), FACE, np.random.default_rng(4), Blending())
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    left=st.floats(-0.2, 0.9),
    top=st.floats(-0.2, 0.9),
    width=st.floats(0.01, 1.2),
    height=st.floats(0.01, 1.2),
)
def test_any_box_gives_a_mask_between_zero_and_one(
    seed: int, left: float, top: float, width: float, height: float
) -> None:
    box = Box(left, top, width, height)
    mask = face_mask((48, 64), box, np.random.default_rng(seed), Blending())
    assert mask.shape == (48, 64)
    assert mask.min() >= 0
    assert mask.max() <= 1


@pytest.mark.parametrize("parts", [0.0, 1.0])
def test_parts_cover_less_than_the_whole_face(parts: float) -> None:
    rng = np.random.default_rng(5)
    shares = [face_mask((96, 96), FACE, rng, Blending(parts=parts)).mean() for _ in range(50)]
    assert (np.mean(shares) < 0.1) == (parts == 1.0)
