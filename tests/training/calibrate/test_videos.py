from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.model.rules import Novelty, Rules, Thresholds
from core.verdict import decide
from tests.training.calibrate.made_clips import RULES, made_clip, made_clips
from training.calibrate.calibration import Wanted
from training.calibrate.videos import (
    calibrate_videos,
    cross_validate_videos,
    fitted_on_clips,
)

WANTED = Wanted(0.05, 0.05)


def test_videos_get_a_fit_and_a_band_of_their_own_and_those_of_pictures_stay() -> None:
    fitted = calibrate_videos(made_clips(), RULES, WANTED, "clips")
    assert fitted.calibration is not None
    assert fitted.calibration.video is not None
    assert fitted.thresholds.video is not None
    assert fitted.calibration.model_copy(update={"video": None}) == RULES.calibration
    assert fitted.thresholds.model_copy(update={"video": None}) == RULES.thresholds
    # Two normals 4 apart, of deviation 1.5: the logit of the posterior is 4 / 1.5**2 of theirs.
    assert fitted.calibration.video.slope == pytest.approx(4 / 1.5**2, rel=0.3)


def test_thresholds_are_of_the_verdict_on_the_file_with_all_its_people() -> None:
    """Of three people one speaks, and the odds of the file are a third of that person's."""
    crowd = [
        made_clip(logit, fake=logit > 0, group=str(logit), others=(-9.0, -9.0))
        for logit in np.linspace(-3, 3, 120).tolist()
    ]
    alone = [replace(made_clip(c.mean_logit, fake=c.clip.fake, group=c.clip.group)) for c in crowd]
    bands = [
        calibrate_videos(clips, RULES, WANTED, "clips").thresholds.video for clips in (crowd, alone)
    ]
    assert bands[0] is not None
    assert bands[1] is not None
    assert bands[0].fake < bands[1].fake


def test_a_group_counts_once_however_many_clips_it_has() -> None:
    clips = made_clips(groups=40, a_group=1)
    # One real film that looks fake, in twenty versions: as many clips as half the others.
    more = [made_clip(5.0, fake=False, group="doubted") for _ in range(20)]
    few, many = (
        calibrate_videos([*clips, *extra], RULES, WANTED, "clips") for extra in (more[:1], more)
    )
    assert few.calibration is not None
    assert many.calibration is not None
    assert few.calibration.video is not None
    assert many.calibration.video is not None
    assert many.calibration.video.slope == pytest.approx(few.calibration.video.slope, rel=0.01)


def test_the_share_of_real_videos_called_fake_holds_for_groups_that_were_not_measured() -> None:
    accused = []
    for seed in range(40):
        fitted = calibrate_videos(made_clips(25, 2, seed=seed), RULES, WANTED, "clips")
        assert fitted.calibration is not None
        assert fitted.calibration.video is not None
        assert fitted.thresholds.video is not None
        p, video = fitted.thresholds.video.fake, fitted.calibration.video
        logit = (np.log(p / (1 - p)) - video.intercept) / video.slope
        accused.append(1 - NormalDist(-2, 1.5).cdf(logit))
    assert np.mean(accused) < WANTED.false_positives + 0.01


def test_too_few_groups_are_refused_with_the_share_that_they_allow() -> None:
    clips = made_clips(groups=29, a_group=3)
    with pytest.raises(ConfigurationError) as told:
        cross_validate_videos(clips, RULES, Wanted(0.01, 0.05))
    assert "The 87 real clips are of 29 persons" in told.value.message
    assert "--false-positives 0.01 needs 99" in told.value.message
    assert "ask for --false-positives 0.034, the least" in told.value.message
    cross_validate_videos(clips, RULES, Wanted(0.034, 0.05))


def test_held_back_clips_give_errors_by_width_and_shares() -> None:
    judged = cross_validate_videos(made_clips(), RULES, WANTED)
    assert sum(cell.files for cell in judged.cells) == 240
    assert all(cell.kind == "video" and cell.files >= 30 for cell in judged.cells)
    assert sum(cell.wrong for cell in judged.cells) > 0
    told = judged.to_json()
    assert (told["real_groups"], told["fake_groups"], told["folds"]) == (60, 60, 5)
    assert 0 < told["real_called_fake"] < 0.12
    assert told["false_positives_at_most"] > told["false_positives"]


def test_a_clip_unlike_the_training_data_counts_as_undecided() -> None:
    limited = replace(RULES, novelty=Novelty(limit=5, rate=0.02, fitted_on="here"))
    clips = [
        made_clip(c.mean_logit, fake=c.clip.fake, group=c.clip.group, novelty=9.0)
        for c in made_clips(30)
    ]
    judged = cross_validate_videos(clips, limited, WANTED)
    assert sum(cell.decided for cell in judged.cells) == 0
    assert judged.judged.inconclusive == 1


def test_a_bundle_without_a_calibration_of_pictures_is_refused() -> None:
    bare = Rules(None, Thresholds(fake=0.9, real=0.1))
    with pytest.raises(ConfigurationError, match="fit pictures first"):
        calibrate_videos(made_clips(10), bare, WANTED, "clips")


def test_the_rules_that_are_fitted_are_those_of_a_verdict() -> None:
    clips = made_clips()
    fitted = calibrate_videos(clips, RULES, WANTED, "clips")
    verdict = decide(clips[0].evidence, clips[0].scores, fitted)
    assert verdict.thresholds == fitted.thresholds.video


def test_what_was_fitted_on_is_told_in_clips_groups_and_sources() -> None:
    told = fitted_on_clips(made_clips(10, 3), "valid of here")
    assert told.startswith("30 real and 30 fake clips of 20 persons, scenes or films and 1 sources")
