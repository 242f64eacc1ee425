"""Scored clips made in code: no film is decoded and no network is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.model.crop_scores import CropScores
from core.model.rules import Calibration, Rules, Thresholds
from core.verdict import decide
from tests.core.evidence_factory import crop, evidence
from training.calibrate import scored_clips
from training.calibrate.scored_clips import ScoredClip
from training.data.clips import Clip
from training.data.picture import Split

RULES = Rules(
    Calibration(slope=1, intercept=0, fitted_on="pictures"), Thresholds(fake=0.9, real=0.1)
)
FRAMES = 4


def made_clip(
    mean_logit: float,
    *,
    fake: bool,
    group: str,
    source: str = "made",
    width_px: int = 120,
    others: tuple[float, ...] = (),
    novelty: float | None = None,
) -> ScoredClip:
    """A clip of one person, or of several with ``others``: the mean logits of the rest."""
    path = Path(f"clips/valid/{source}/{'fake' if fake else 'real'}/{group}.mp4")
    clip = Clip(path, path.as_posix(), Split.VALID, source, fake, group, kind="swap")
    people = (mean_logit, *others)
    faces = [[crop(i, width_px=width_px) for i in range(len(people))] for _ in range(FRAMES)]
    found = evidence(faces, requested=FRAMES)
    logit = np.tile(np.asarray(people, np.float64), FRAMES)
    novelties = None if novelty is None else np.full(len(logit), novelty)
    scores = CropScores(logit, novelties)
    speaker = decide(found, scores, scored_clips.BY_MEAN_LOGIT).speaker
    assert speaker is not None
    return ScoredClip(clip, found, scores, speaker)


def made_clips(
    groups: int = 60, a_group: int = 2, separation: float = 4.0, seed: int = 0
) -> list[ScoredClip]:
    """Real and fake clips of ``groups`` groups each; those of a group have one logit."""
    rng = np.random.default_rng(seed)
    clips = []
    for fake in (False, True):
        logits = rng.normal(separation / 2 if fake else -separation / 2, 1.5, groups)
        widths = rng.integers(45, 300, groups)
        for index, (logit, width) in enumerate(zip(logits, widths, strict=True)):
            group = f"{'f' if fake else 'r'}{index}"
            clips += [
                made_clip(float(logit), fake=fake, group=group, width_px=int(width))
                for _ in range(a_group)
            ]
    return clips
