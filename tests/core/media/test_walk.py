"""Ten moments get ten pictures, also where keyframes do not lead to them."""

from __future__ import annotations

import pytest

from core.options import Sampling
from tests.core.media.films import film, sampled
from tests.media.mux import mux
from tests.media.scene import number_shown


@pytest.mark.parametrize("sampling", list(Sampling))
@pytest.mark.parametrize(
    "name",
    [
        "mp4/h264-intra-refresh",
        "mkv/h264-intra-refresh",
        "mp4/h264 with every frame said to be a keyframe",
        "mp4/h264 whose first frame is no keyframe",
        "mp4/h264 trimmed in front",
        "mp4/h264-one-keyframe trimmed in front",
        "mkv/h264-long with cues for every frame",
    ],
)
def test_a_film_that_plays_gives_every_frame_that_was_asked_for(
    name: str, sampling: Sampling
) -> None:
    frames, coverage = sampled(film(name), 10, sampling)
    assert len(frames) == 10
    assert coverage.missed == 0
    shown = [number_shown(frame.pixels) for frame in frames]
    start = shown[0] - frames[0].index
    assert shown == [start + frame.index for frame in frames]


def test_a_film_whose_middle_does_not_decode_misses_the_moments_there() -> None:
    data = bytearray(mux("h264-long", "mp4"))
    begin = data.index(b"mdat") + 8
    length = data.index(b"moov") - begin
    data[begin + length // 5 : begin + length * 4 // 5] = bytes(length * 3 // 5)
    frames, coverage = sampled(bytes(data))
    assert 4 <= len(frames) <= 6
    assert coverage.missed >= 5
    assert len(coverage.answered) + coverage.missed == 10
