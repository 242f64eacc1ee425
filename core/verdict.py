"""From one probability a face crop to one verdict a file.

The rule: average each identity over its frames, and let the most suspicious identity
speak for the file. Where the figures do not carry a judgement, say so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from core.evidence import Evidence, FaceCrop
from core.model.rules import Thresholds
from core.result import Label, Reason

MIN_FACE_PX = 40  # narrower faces are judged "low_quality": docs/decisions/0006-verdict.md
MIN_IDENTITY_SHARE = 0.2  # of the frames with a face; below, a track is chance
DISAGREEMENT_SHARE = 0.3  # of an identity's frames on each side of the band


@dataclass(frozen=True, slots=True)
class ScoredFace:
    """A face crop and P(fake) of it, in [0, 1]."""

    crop: FaceCrop
    fake_probability: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one file; probabilities are in [0, 1], None where no face was seen."""

    label: Label
    reasons: tuple[Reason, ...]
    fake_probability: float | None
    thresholds: Thresholds
    evidence: Evidence
    scores: tuple[tuple[ScoredFace, ...], ...]  # a tuple a frame of the evidence

    @property
    def confidence(self) -> float | None:
        """How sure the label is; None where no face was seen."""
        p = self.fake_probability
        return None if p is None else confidence_in(self.label, p)


def confidence_in(label: Label, p: float) -> float:
    """How sure ``label`` is when P(fake) is ``p``: in [0, 1], see docs/http-api.md."""
    by_label = {Label.FAKE: p, Label.REAL: 1 - p, Label.INCONCLUSIVE: max(p, 1 - p)}
    return by_label[label]


def decide(evidence: Evidence, probabilities: Sequence[float], thresholds: Thresholds) -> Verdict:
    """Judge a file from P(fake) of each of ``evidence.crops``, in their order.

    Raises ValueError when there is not exactly one probability a crop.
    """
    scores = _by_frame(evidence, probabilities)
    tracks: dict[int, list[ScoredFace]] = defaultdict(list)
    for face in (face for frame in scores for face in frame):
        tracks[face.crop.identity].append(face)
    unreadable = (Reason.PARTLY_UNREADABLE,) if evidence.partly_unreadable else ()
    if not tracks:
        reasons = (Reason.NO_FACE, *unreadable)
        return Verdict(Label.INCONCLUSIVE, reasons, None, thresholds, evidence, scores)
    worst = _most_suspicious(tracks, frames_with_face=sum(bool(frame) for frame in scores))
    probability = fmean(face.fake_probability for face in worst)
    reasons = (*_doubts(worst, probability, thresholds), *unreadable)
    if reasons:
        label = Label.INCONCLUSIVE
    else:
        label = Label.FAKE if probability >= thresholds.fake else Label.REAL
    return Verdict(label, reasons, probability, thresholds, evidence, scores)


def _by_frame(
    evidence: Evidence, probabilities: Sequence[float]
) -> tuple[tuple[ScoredFace, ...], ...]:
    crops = list(evidence.crops)
    scored = iter(ScoredFace(c, float(p)) for c, p in zip(crops, probabilities, strict=True))
    return tuple(tuple(next(scored) for _ in frame.faces) for frame in evidence.frames)


def _most_suspicious(
    tracks: Mapping[int, list[ScoredFace]], *, frames_with_face: int
) -> list[ScoredFace]:
    enough = math.ceil(MIN_IDENTITY_SHARE * frames_with_face)
    longest = max(len(track) for track in tracks.values())
    candidates = [track for track in tracks.values() if len(track) >= min(enough, longest)]
    return max(candidates, key=lambda track: fmean(face.fake_probability for face in track))


def _doubts(
    track: Sequence[ScoredFace], probability: float, thresholds: Thresholds
) -> tuple[Reason, ...]:
    reasons = []
    if median(face.crop.width_px for face in track) < MIN_FACE_PX:
        reasons.append(Reason.LOW_QUALITY)
    least = DISAGREEMENT_SHARE * len(track)
    fakes = sum(face.fake_probability >= thresholds.fake for face in track)
    reals = sum(face.fake_probability <= thresholds.real for face in track)
    if fakes and reals and min(fakes, reals) >= least:
        reasons.append(Reason.FRAMES_DISAGREE)
    if thresholds.real < probability < thresholds.fake:
        reasons.append(Reason.NEAR_THRESHOLD)
    return tuple(reasons)
