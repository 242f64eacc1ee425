"""Labelled clips through extraction and detector, as a calibration of videos needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.evidence import Evidence
from core.model.crop_scores import CropScores
from core.model.detector import Detector
from core.model.rules import Calibration, LogitFit, Rules, Thresholds
from core.options import DEFAULT_FRAMES
from core.verdict import Person, decide
from training.data.clips import Clip
from training.data.evidence_cache import EvidenceCache, options_of
from training.data.progress import tracked

_AS_IT_IS = LogitFit(slope=1, intercept=0, fitted_on="nothing")
# By these rules the person speaks who has the highest mean logit.
BY_MEAN_LOGIT = Rules(
    Calibration(slope=1, intercept=0, fitted_on="nothing", video=_AS_IT_IS),
    Thresholds(fake=0.51, real=0.5),
)


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """A clip in which a face was found, and what the network said of its crops."""

    clip: Clip
    evidence: Evidence
    scores: CropScores
    speaker: Person  # of several people, the one with the highest mean logit

    @property
    def mean_logit(self) -> float:
        """Of fake, over the frames of the speaker, before calibration."""
        return fmean(face.logit for face in self.speaker.faces)


@dataclass(frozen=True, slots=True)
class ScoredClips:
    """Clips that a calibration can use, and the names of those that it cannot."""

    usable: tuple[ScoredClip, ...]
    faceless: tuple[str, ...]
    unreadable: tuple[str, ...]


def score_clips(
    clips: Sequence[Clip],
    detector: Detector,
    films: EvidenceCache,
    *,
    frames: int = DEFAULT_FRAMES,
) -> ScoredClips:
    """Extract and score every clip; one without a face, or that cannot be read, is named."""
    options = options_of(detector, frames)
    usable: list[ScoredClip] = []
    faceless, unreadable = [], []
    for clip in tracked(clips, "clips"):
        try:
            evidence = films.extract(clip.path, options)
        except MediaError:
            unreadable.append(clip.key)
            continue
        scored = scored_clip(clip, evidence, detector.score([c.jpeg for c in evidence.crops]))
        if scored is None:
            faceless.append(clip.key)
        else:
            usable.append(scored)
    return ScoredClips(tuple(usable), tuple(faceless), tuple(unreadable))


def scored_clip(clip: Clip, evidence: Evidence, scores: CropScores) -> ScoredClip | None:
    """A clip with the scores of its crops and the person who speaks; None where nobody is seen."""
    speaker = decide(evidence, scores, BY_MEAN_LOGIT).speaker
    return None if speaker is None else ScoredClip(clip, evidence, scores, speaker)


def logits_of_clips(clips: Sequence[ScoredClip]) -> NDArray[np.float64]:
    """(n,) float64: the mean logits."""
    return np.array([clip.mean_logit for clip in clips], np.float64)
