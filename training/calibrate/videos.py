"""The calibration and the thresholds of videos, and what they are worth on clips held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.model.rules import Band, Calibration, ErrorCell, LogitFit, Rules
from core.model.sigmoid import sigmoid
from core.result import Label
from core.verdict import Verdict, decide
from training.calibrate import reliability
from training.calibrate.calibration import Names, Wanted, balanced_group_weights, fit
from training.calibrate.expected_error import error_cells
from training.calibrate.group_thresholds import (
    check_enough_groups,
    choose_group_thresholds,
    largest_share,
)
from training.calibrate.scored_clips import ScoredClip, logits_of_clips
from training.evaluate.metrics import Flags, Floats

FALSE_POSITIVES = 0.01  # of videos that are real, the budget where none is asked for
_SIGN = {Label.FAKE: 1, Label.REAL: -1, Label.INCONCLUSIVE: 0}


@dataclass(frozen=True, slots=True)
class JudgedVideos:
    """Clips as calibrations of other groups judged them."""

    judged: reliability.CrossValidated
    cells: tuple[ErrorCell, ...]
    groups: tuple[int, int]  # of real clips, of fake clips
    wanted: Wanted

    def to_json(self) -> dict[str, Any]:
        """The figures for ``model.json``."""
        real, fake = self.groups
        return {
            **self.judged.to_json(),
            "real_groups": real,
            "fake_groups": fake,
            "tail": self.wanted.tail,
            "false_positives": self.wanted.false_positives,
            "false_positives_at_most": round(largest_share(real, self.wanted.false_positives), 4),
            "misses": self.wanted.misses,
            "misses_at_most": round(largest_share(fake, self.wanted.misses), 4),
        }


def calibrate_videos(
    clips: Sequence[ScoredClip], rules: Rules, wanted: Wanted, fitted_on: str
) -> Rules:
    """The rules with ``calibration.video`` and ``thresholds.video`` fitted on clips.

    The fit is of the person with the highest mean logit of each clip; the thresholds are of P(fake)
    of the file, as a verdict has it, several people included. Raises
    :class:`ConfigurationError` where ``rules`` have no calibration of pictures, or the fit fails.
    """
    if rules.calibration is None:
        raise ConfigurationError(
            "The bundle has no calibration of pictures, and that of videos stands beside it in "
            "model.json; fit pictures first: deepfake calibrate without --videos."
        )
    fake, groups = _fake(clips), _groups(clips)
    found = fit(
        logits_of_clips(clips),
        fake,
        fitted_on,
        weights=_weights(clips),
        numbers=_numbers(fake, groups),
    )
    video = LogitFit(**found.model_dump(exclude={"video"}))
    fitted = _with_video(rules, rules.calibration, video, Band(fake=0.51, real=0.5))
    probability = np.array([_judge(clip, fitted).fake_probability for clip in clips], np.float64)
    band = choose_group_thresholds(probability, fake, groups, wanted)
    return _with_video(rules, rules.calibration, video, band)


def cross_validate_videos(
    clips: Sequence[ScoredClip], rules: Rules, wanted: Wanted
) -> JudgedVideos:
    """Judge every clip by rules that were fitted on other groups.

    Raises :class:`ConfigurationError`, with what is possible, where there are too few groups for
    the shares wanted.
    """
    fake, groups, weights = _fake(clips), _groups(clips), _weights(clips)
    check_enough_groups(fake, groups, wanted)
    probability = np.empty(len(clips))
    signs = np.zeros(len(clips), np.int64)
    folds = reliability.folds_of(fake, groups)
    for kept, held in folds:
        fitted = calibrate_videos([clips[i] for i in kept], rules, wanted, "one fold")
        verdicts = [_judge(clips[i], fitted) for i in held]
        probability[held] = [verdict.fake_probability for verdict in verdicts]
        signs[held] = [_SIGN[verdict.label] for verdict in verdicts]
    widths = np.array([clip.speaker.width_px for clip in clips], np.float64)
    return JudgedVideos(
        judged=reliability.summary(
            len(folds), sigmoid(logits_of_clips(clips)), probability, signs, fake, weights
        ),
        cells=error_cells("video", widths, signs != 0, (signs > 0) != fake),
        groups=_numbers(fake, groups),
        wanted=wanted,
    )


def fitted_on_clips(clips: Sequence[ScoredClip], where: str) -> str:
    """What ``model.json`` says of the clips that a calibration was fitted on."""
    fake, groups = _fake(clips), _groups(clips)
    sources = len({clip.clip.source for clip in clips})
    return (
        f"{int((~fake).sum())} real and {int(fake.sum())} fake clips of "
        f"{len(set(groups.tolist()))} persons, scenes or films and {sources} sources, {where}; "
        "both classes weighted alike, and persons, scenes or films instead of clips"
    )


def _judge(clip: ScoredClip, rules: Rules) -> Verdict:
    return decide(clip.evidence, clip.scores, rules)


def _with_video(rules: Rules, calibration: Calibration, video: LogitFit, band: Band) -> Rules:
    return Rules(
        calibration.model_copy(update={"video": video}),
        rules.thresholds.model_copy(update={"video": band}),
        rules.novelty,
    )


def _fake(clips: Sequence[ScoredClip]) -> Flags:
    return np.array([clip.clip.fake for clip in clips], np.bool_)


def _groups(clips: Sequence[ScoredClip]) -> Names:
    return np.array([clip.clip.group for clip in clips], np.str_)


def _numbers(fake: Flags, groups: Names) -> tuple[int, int]:
    """Of groups with real clips, and of groups with fake ones."""
    return len(set(groups[~fake].tolist())), len(set(groups[fake].tolist()))


def _weights(clips: Sequence[ScoredClip]) -> Floats:
    sources = np.array([clip.clip.source for clip in clips], np.str_)
    return balanced_group_weights(sources, _groups(clips), _fake(clips))
