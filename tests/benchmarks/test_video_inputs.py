from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.video_inputs import CANDIDATES, Compared, compare_inputs, inputs
from tests.training.calibrate.made_clips import FRAMES, made_clip
from training.calibrate.scored_clips import ScoredClip


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[ScoredClip]:
    """The logit tells a part of the class; fakes have wide faces, which tells it all."""
    film = tmp_path_factory.mktemp("films") / "film.mp4"
    film.write_bytes(bytes(46_080))
    rng = np.random.default_rng(0)
    made = [
        made_clip(
            float(rng.normal(1 if fake else -1, 1.5)), fake=fake, group=f"{fake}{index}",
            width_px=int(rng.integers(200, 300) if fake else rng.integers(60, 100)),
        )
        for fake in (False, True)
        for index in range(40)
    ]  # fmt: skip
    return [replace(clip, clip=replace(clip.clip, path=film)) for clip in made]


@pytest.fixture(scope="module")
def compared(clips: list[ScoredClip]) -> list[Compared]:
    return compare_inputs(clips)


def test_the_mean_logit_comes_first_and_saves_nothing_against_itself(
    compared: list[Compared],
) -> None:
    first, *others = compared
    assert (first.name, first.log_loss_saved, first.interval) == ("mean logit", 0, (0, 0))
    assert [first.name, *(each.name for each in others)] == list(CANDIDATES)
    assert 0.6 < first.auc < 0.95
    assert 0.3 < first.log_loss < 0.69


def test_an_input_that_tells_the_class_saves_log_loss_with_certainty(
    compared: list[Compared],
) -> None:
    by_name = {each.name: each for each in compared}
    wide, frames = by_name["mean logit, face width"], by_name["mean logit, frames"]
    assert wide.auc > 0.99
    assert wide.interval is not None
    assert wide.interval[0] > 0.1
    assert abs(frames.log_loss_saved) < 0.01  # every clip has as many


def test_the_inputs_are_one_number_a_clip(clips: list[ScoredClip]) -> None:
    table = inputs(clips[:3])
    assert {len(column) for column in table.values()} == {3}
    assert table["frames"].tolist() == [FRAMES] * 3
    assert table["spread"].tolist() == pytest.approx([0, 0, 0])
    # 46,080 bytes for 360 frames of 1280 x 720
    assert np.exp(table["bits"][0]) == pytest.approx(8 * 46_080 / (1280 * 720 * 360))
