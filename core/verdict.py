"""From the scores of a file's face crops to one verdict.

The rule: score each person over the frames, and let one of them, nobody knows which, be the
fake one. Where the figures do not carry a judgement, say so. Why it is as it is stands in
docs/decisions/0006-verdict.md and 0028-mean-logits-and-odds.md.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from core import odds
from core.evidence import Evidence, FaceCrop
from core.model.crop_scores import CropScores
from core.model.rules import Band, Novelty, Rules
from core.result import Label, Reason

MIN_FACE_PX = 40  # narrower faces are judged "low_quality": docs/decisions/0006-verdict.md
MIN_IDENTITY_SHARE = 0.2  # of the frames with a face; below, a track is chance
DISAGREEMENT_SHARE = 0.3  # of an identity's frames on each side of the band


@dataclass(frozen=True, slots=True)
class ScoredFace:
    """A face crop and what the network said of it; None where it tells no novelty."""

    crop: FaceCrop
    logit: float  # of fake, before calibration
    fake_probability: float  # of this crop as a picture of its own, in [0, 1]
    novelty: float | None


@dataclass(frozen=True, slots=True)
class Person:
    """One identity over the frames, and P(fake) of it in [0, 1]."""

    faces: tuple[ScoredFace, ...]
    fake_probability: float

    @property
    def width_px(self) -> float:
        """The median width of the face in the displayed frames, in pixels."""
        return median(face.crop.width_px for face in self.faces)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one file; P(fake) and speaker are None where no face was seen."""

    label: Label
    reasons: tuple[Reason, ...]
    fake_probability: float | None  # in [0, 1]
    speaker: Person | None  # the one with the highest P(fake)
    evidence: Evidence
    scores: tuple[tuple[ScoredFace, ...], ...]  # a tuple a frame of the evidence
    rules: Rules

    @property
    def thresholds(self) -> Band:
        """Those that hold for a file of this kind."""
        return self.rules.band(self.evidence.media.kind)

    @property
    def confidence(self) -> float | None:
        """How sure the label is; None where no face was seen."""
        p = self.fake_probability
        return None if p is None else confidence_in(self.label, p)


def confidence_in(label: Label, p: float) -> float:
    """How sure ``label`` is when P(fake) is ``p``: in [0, 1], see docs/http-api.md."""
    by_label = {Label.FAKE: p, Label.REAL: 1 - p, Label.INCONCLUSIVE: max(p, 1 - p)}
    return by_label[label]


def decide(evidence: Evidence, answers: CropScores, rules: Rules) -> Verdict:
    """Judge a file from the scores of ``evidence.crops``, in their order.

    Raises ValueError when there is not exactly one score a crop, or no novelty of the crops
    although the rules limit it.
    """
    scores = _by_frame(evidence, answers, rules)
    people = _people(scores, evidence.media.kind, rules)
    unreadable = (Reason.PARTLY_UNREADABLE,) if evidence.partly_unreadable else ()
    if not people:
        reasons = (Reason.NO_FACE, *unreadable)
        return Verdict(Label.INCONCLUSIVE, reasons, None, None, evidence, scores, rules)
    speaker = max(people, key=lambda person: person.fake_probability)
    probability = odds.of_any([person.fake_probability for person in people])
    band = rules.band(evidence.media.kind)
    near = (Reason.NEAR_THRESHOLD,) if band.real < probability < band.fake else ()
    reasons = (*_doubts(speaker, rules), *near, *unreadable)
    if reasons:
        label = Label.INCONCLUSIVE
    else:
        label = Label.FAKE if probability >= band.fake else Label.REAL
    return Verdict(label, reasons, probability, speaker, evidence, scores, rules)


def _by_frame(
    evidence: Evidence, answers: CropScores, rules: Rules
) -> tuple[tuple[ScoredFace, ...], ...]:
    logits = answers.logit.tolist()
    probabilities = rules.picture_probability(answers.logit).tolist()
    novelties = [None] * len(logits) if answers.novelty is None else answers.novelty.tolist()
    rows = zip(evidence.crops, logits, probabilities, novelties, strict=True)
    faces = iter([ScoredFace(*row) for row in rows])
    return tuple(tuple(next(faces) for _ in frame.faces) for frame in evidence.frames)


def _people(scores: Sequence[Sequence[ScoredFace]], kind: str, rules: Rules) -> list[Person]:
    """Every identity that is seen often enough to be no false detection."""
    tracks: dict[int, list[ScoredFace]] = defaultdict(list)
    for face in (face for frame in scores for face in frame):
        tracks[face.crop.identity].append(face)
    enough = math.ceil(MIN_IDENTITY_SHARE * sum(bool(frame) for frame in scores))
    longest = max((len(track) for track in tracks.values()), default=0)
    return [
        Person(tuple(track), _probability(track, kind, rules))
        for track in tracks.values()
        if len(track) >= min(enough, longest)
    ]


def _probability(track: Sequence[ScoredFace], kind: str, rules: Rules) -> float:
    fit = rules.mean_fit(kind)
    if fit is None:
        return fmean(face.fake_probability for face in track)
    return float(fit.probability(np.asarray(fmean(face.logit for face in track))))


def _doubts(speaker: Person, rules: Rules) -> tuple[Reason, ...]:
    reasons = []
    if speaker.width_px < MIN_FACE_PX:
        reasons.append(Reason.LOW_QUALITY)
    if rules.novelty is not None and _is_novel(speaker, rules.novelty):
        reasons.append(Reason.UNLIKE_TRAINING)
    least = DISAGREEMENT_SHARE * len(speaker.faces)
    fakes = sum(face.fake_probability >= rules.thresholds.fake for face in speaker.faces)
    reals = sum(face.fake_probability <= rules.thresholds.real for face in speaker.faces)
    if fakes and reals and min(fakes, reals) >= least:
        reasons.append(Reason.FRAMES_DISAGREE)
    return tuple(reasons)


def _is_novel(speaker: Person, novelty: Novelty) -> bool:
    told = [face.novelty for face in speaker.faces if face.novelty is not None]
    if len(told) < len(speaker.faces):
        raise ValueError(f"{len(told)} of {len(speaker.faces)} faces have a novelty")
    return fmean(told) > novelty.limit
