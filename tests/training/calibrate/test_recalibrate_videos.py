"""``deepfake calibrate --videos`` on films made in code and a bundle of brightness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from core.errors import ConfigurationError
from core.model.bundle import Bundle, load_bundle
from core.model.rules import Novelty
from core.model.runtimes import load_detector
from deepfake.cli import cli
from tests.core.bundle_factory import write_bundle
from tests.media_factory import make_image, make_video
from tests.training.calibrate.made_clips import made_clip, made_clips
from tests.training.pictures import find_centre_faces
from training.calibrate.calibration import Wanted
from training.calibrate.recalibrate_videos import (
    METRIC,
    fit_novelty,
    kept_metrics,
    load_for_clips,
    recalibrate_videos,
)
from training.calibrate.scored_clips import ScoredClips
from training.data.cache import Sample
from training.evaluate import answers

WANTED = Wanted(0.05, 0.05)
GROUPS = 6  # films of each class
CALIBRATION = {"slope": 1.0, "intercept": 0.0, "fitted_on": "pictures", "method": "platt"}


def _bundle(folder: Path, **changes: Any) -> Bundle:
    return write_bundle(folder, **{"calibration": CALIBRATION, **changes})


@pytest.fixture
def own(tmp_path: Path) -> Bundle:
    cells = [
        {"kind": kind, "face_width_px": [40, None], "files": 50, "decided": 40, "wrong": 1}
        for kind in ("image", "video")
    ]
    metrics = {"test": {"openvino-fp32": {"auc": 0.9}, "clips": {"auc": 0.8}}, "test_looks": 2}
    return _bundle(tmp_path / "own", expected_error=cells, metrics=metrics)


def test_the_part_for_videos_is_written_and_that_for_pictures_stays(own: Bundle) -> None:
    clips = ScoredClips(tuple(made_clips()), (), ())
    published = recalibrate_videos(load_detector(own), clips, [], WANTED, where="valid of here")
    before, after = own.manifest, load_bundle(own.path).manifest
    assert after == published.bundle.manifest
    assert before.calibration is not None
    assert after.calibration is not None
    assert after.calibration.model_copy(update={"video": None}) == before.calibration
    assert after.calibration.video is not None
    assert "valid of here" in after.calibration.video.fitted_on
    assert after.thresholds.video is not None
    assert (after.thresholds.fake, after.thresholds.real) == (0.8, 0.2)
    assert after.artifacts == before.artifacts
    image, *videos = after.expected_error
    assert image == before.expected_error[0]
    assert sum(cell.files for cell in videos) == 240
    assert after.metrics[METRIC]["real_groups"] == 60


def test_figures_of_clips_go_and_those_of_pictures_stay(own: Bundle) -> None:
    assert kept_metrics(own) == {"test": {"openvino-fp32": {"auc": 0.9}}, "test_looks": 2}


def test_scores_of_clips_that_the_gate_keeps_go_and_those_of_pictures_stay(own: Bundle) -> None:
    scored = ScoredClips(tuple(made_clips()), (), ())
    for part in (answers.PICTURES, answers.CLIPS):
        answers.keep(own.path, part, "openvino-fp32", [b"a file"], np.array([0.5]))
    recalibrate_videos(load_detector(own), scored, [], WANTED, where="here")
    assert answers.holds(own.path, answers.PICTURES)
    assert not answers.holds(own.path, answers.CLIPS)


def test_a_copy_leaves_the_bundle_as_it_was(own: Bundle, tmp_path: Path) -> None:
    clips = ScoredClips(tuple(made_clips()), (), ())
    recalibrate_videos(load_detector(own), clips, [], WANTED, where="here", out=tmp_path / "mine")
    assert load_bundle(own.path) == own
    assert load_bundle(tmp_path / "mine").manifest.name == "mine"


def test_the_limit_of_novelty_is_fitted_to_clips_and_pictures(
    tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    provisional = Novelty(limit=1000, rate=0, fitted_on="nothing yet")
    bundle = _bundle(tmp_path / "novel", novelty=provisional)
    clips = [
        made_clip(c.mean_logit, fake=c.clip.fake, group=c.clip.group, novelty=float(n % 50))
        for n, c in enumerate(made_clips(50))
    ]
    many = samples * 3
    recalibrate_videos(
        load_detector(bundle), ScoredClips(tuple(clips), (), ()), many, WANTED, where="here"
    )
    novelty = load_bundle(bundle.path).manifest.novelty
    assert novelty is not None
    assert novelty.limit == pytest.approx(48, abs=0.1)
    assert 0 < novelty.rate <= 0.02
    assert novelty.fitted_on == f"200 clips and {len(many)} pictures, here"


def test_a_bundle_without_a_calibration_of_pictures_is_refused_before_any_work(
    tmp_path: Path,
) -> None:
    bare = write_bundle(tmp_path / "bare")
    with pytest.raises(ConfigurationError, match="fit pictures first"):
        load_for_clips(bare)


def test_a_copy_that_cannot_be_made_is_refused_before_any_work(own: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="exists already"):
        load_for_clips(own, out=tmp_path / "own")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fakes have more frames, and later frames are brighter."""
    root = tmp_path_factory.mktemp("films")
    for label, start in (("real", 1), ("fake", 9)):
        folder = root / "clips" / "valid" / "made" / label
        folder.mkdir(parents=True)
        for index in range(GROUPS):
            film = make_video(start + index, size=(128, 128))
            (folder / f"{label}{index}.mp4").write_bytes(film)
        (root / "valid" / label).mkdir(parents=True)
        (root / "valid" / label / "a.jpg").write_bytes(make_image())
    (folder / "broken.mp4").write_bytes(b"no film")
    return root


@pytest.fixture
def run(films: Path, own: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    find_centre_faces(monkeypatch)

    def invoke(*more: object) -> Result:
        arguments = [
            "calibrate", "--model", own.path, "--videos", "--data", films, "--cache", tmp_path,
            *more,
        ]  # fmt: skip
        return CliRunner().invoke(cli, [str(each) for each in arguments])

    return invoke


def test_the_command_says_which_share_few_films_allow_and_takes_it(run: Any, own: Bundle) -> None:
    told = run()
    assert told.exit_code == 1
    assert "--false-positives 0.01 needs 99 of them" in told.stderr
    assert "ask for --false-positives 0.143" in told.stderr
    assert load_bundle(own.path) == own
    told = run("--false-positives", 0.143, "--misses", 0.143)
    assert told.exit_code == 0, told.output
    assert "of videos, platt: slope" in told.stdout
    assert "at most 14.3% are called fake" in told.stdout
    assert "1 clips cannot be judged and are left out: clips/valid/made/fake/broken" in told.stderr
    assert load_bundle(own.path).manifest.thresholds.video is not None


def test_data_without_films_is_refused_with_the_layout(run: Any, films: Path) -> None:
    told = run("--split", "test")
    assert told.exit_code == 1
    assert "holds no labelled films of the split 'test'" in told.stderr


def test_the_limit_refuses_at_most_the_share_of_each_kind() -> None:
    rng = np.random.default_rng(0)
    kinds = {"clips": rng.gamma(3, 1, 100), "pictures": rng.gamma(3, 2, 1000)}
    found = fit_novelty(kinds, 0.02, "valid of here")
    shares = {kind: (values > found.limit).mean() for kind, values in kinds.items()}
    assert max(shares.values()) == shares["pictures"] == 0.02
    assert found.rate == pytest.approx((shares["clips"] * 100 + 20) / 1100, abs=1e-4)
    assert found.fitted_on == "100 clips and 1000 pictures, valid of here"


def test_too_few_files_for_the_share_are_refused_with_the_number_that_is_needed() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.02 of clips needs 50 .* there are 49"):
        fit_novelty({"clips": np.ones(49)}, 0.02, "here")
    assert fit_novelty({"clips": np.arange(50.0)}, 0.02, "here").limit == pytest.approx(48, abs=0.1)
