"""Identities over the frames of a clip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faces.face import Box, Face
from core.faces.tracking import distance, track

edges = st.floats(0, 0.8)
sides = st.floats(0.02, 0.2)
faces = st.builds(Face, st.builds(Box, edges, edges, sides, sides), st.floats(0.3, 1))
clips = st.lists(st.lists(faces, max_size=4), max_size=10)


def face(left: float, top: float = 0.3, size: float = 0.2) -> Face:
    return Face(Box(left, top, size, size), 0.9)


def test_a_clip_without_frames_has_no_identities() -> None:
    assert track([]) == []


def test_a_face_that_stays_is_one_identity() -> None:
    assert track([[face(0.4)]] * 10) == [[0]] * 10


def test_a_face_that_walks_across_the_frame_is_one_identity() -> None:
    assert track([[face(0.08 * step)] for step in range(10)]) == [[0]] * 10


def test_two_people_keep_their_numbers_when_the_order_of_detection_changes() -> None:
    left, right = face(0.1), face(0.6)
    assert track([[left, right], [right, left], [left, right]]) == [[0, 1], [1, 0], [0, 1]]


def test_neighbours_who_both_move_are_not_confused() -> None:
    before = [face(0.2), face(0.45)]
    after = [face(0.52), face(0.27)]
    assert track([before, after]) == [[0, 1], [1, 0]]


def test_a_face_that_is_missed_in_some_frames_keeps_its_number() -> None:
    assert track([[face(0.4)], [], [], [face(0.42)]]) == [[0], [], [], [0]]


def test_a_face_far_from_all_others_is_new() -> None:
    assert track([[face(0.0)], [face(0.7)]]) == [[0], [1]]


def test_a_face_of_another_size_at_the_same_place_is_new() -> None:
    assert track([[face(0.2, 0.2, 0.5)], [face(0.4, 0.4, 0.1)]]) == [[0], [1]]


def test_a_box_is_at_no_distance_from_itself() -> None:
    assert distance(face(0.4).box, face(0.4).box) == pytest.approx(0)


@given(clips)
def test_two_faces_of_one_frame_never_share_an_identity(clip: list[list[Face]]) -> None:
    for numbers in track(clip):
        assert len(set(numbers)) == len(numbers)


@given(clips)
def test_every_face_gets_a_number_and_numbers_count_up_by_first_appearance(
    clip: list[list[Face]],
) -> None:
    numbers = track(clip)
    assert [len(frame) for frame in numbers] == [len(frame) for frame in clip]
    seen = list(dict.fromkeys(number for frame in numbers for number in frame))
    assert seen == list(range(len(seen)))
