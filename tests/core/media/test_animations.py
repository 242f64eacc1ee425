"""GIF and animated WebP are films with times of their own."""

from __future__ import annotations

import pytest

from core.media.frames import open_media
from core.media.sniff import Kind
from tests.media_factory import make_animation, shown_index


@pytest.mark.parametrize("name", ["gif", "webp"])
def test_an_animation_is_sampled_by_its_times(name: str) -> None:
    data = make_animation(frames=6, format=name, durations_ms=[100, 100, 100, 100, 100, 1000])
    with open_media(data) as media:
        assert media.info.kind is Kind.VIDEO
        assert media.info.duration_s == 1.5
        frames = list(media.frames(3))
    assert [frame.index for frame in frames] == [2, 5]
    assert [frame.timestamp_s for frame in frames] == [0.2, 0.5]
    assert [shown_index(frame.pixels) for frame in frames] == [2, 5]


@pytest.mark.parametrize("name", ["gif", "webp"])
def test_a_short_animation_gives_every_frame_once(name: str) -> None:
    with open_media(make_animation(frames=4, format=name)) as media:
        assert [frame.index for frame in media.frames(10)] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["gif", "webp"])
def test_one_frame_alone_is_an_image(name: str) -> None:
    with open_media(make_animation(frames=1, format=name)) as media:
        assert media.info.kind is Kind.IMAGE
        assert media.info.duration_s is None
        assert len(list(media.frames(10))) == 1


def test_frames_without_a_delay_last_as_long_as_browsers_show_them() -> None:
    with open_media(make_animation(frames=5, durations_ms=0)) as media:
        assert media.info.duration_s == 0.5


def test_a_cut_gif_gives_the_frames_before_the_cut() -> None:
    data = make_animation(frames=8)
    with open_media(data[: len(data) * 2 // 3]) as media:
        frames = list(media.frames(8))
    assert 1 <= len(frames) < 8
    assert [shown_index(frame.pixels) for frame in frames[:-1]] == list(range(len(frames) - 1))
