from __future__ import annotations

from pathlib import Path

import pytest

from core.model.detector import Detector
from tests.media_factory import make_video
from tests.training.pictures import CentreFace
from training.evaluate.videos import MIN_CLIPS, find_clips, measure_videos


@pytest.fixture
def clips_dir(tmp_path: Path) -> Path:
    for label in ("real", "fake", "noface", "unlabelled"):
        folder = tmp_path / "videos" / label
        folder.mkdir(parents=True)
        (folder / f"{label}.mp4").write_bytes(make_video(frames=6))
    (tmp_path / "videos" / "fake" / "broken.mp4").write_bytes(b"no video")
    return tmp_path


def test_clips_are_found_with_their_labels(clips_dir: Path, tmp_path: Path) -> None:
    found = [(path.name, label) for path, label in find_clips(clips_dir)]
    assert found == [
        ("real.mp4", "real"),
        ("broken.mp4", "fake"),
        ("fake.mp4", "fake"),
        ("noface.mp4", "noface"),
    ]
    assert find_clips(tmp_path / "elsewhere") == []


def test_every_clip_is_listed_and_a_broken_one_says_why(
    clips_dir: Path, detector: Detector
) -> None:
    told = measure_videos(find_clips(clips_dir), detector, CentreFace())
    real, broken, fake, _ = told["clips"]
    assert "error" in broken
    assert "verdict" not in broken
    assert real["frames_scored"] == real["frames_decoded"] > 0
    assert real["fake_probability"] == fake["fake_probability"]  # the same film
    assert (told["real"], told["fake"], told["auc"]) == (1, 1, None)


def test_enough_clips_have_an_auc(tmp_path: Path, detector: Detector) -> None:
    for label, start in (("real", 0), ("fake", 10)):
        folder = tmp_path / "videos" / label
        folder.mkdir(parents=True)
        for index in range(MIN_CLIPS):
            # Later frames are brighter, so that fakes are.
            data = make_video(frames=start + 2 + index)
            (folder / f"{index}.mp4").write_bytes(data)
    told = measure_videos(find_clips(tmp_path), detector, CentreFace())
    assert told["auc"] is not None
    assert told["auc"] > 0.5
    low, high = told["auc_interval"]
    assert low <= told["auc"] <= high
