"""From one probability a face crop to one verdict a file.

The rule: average each identity over its frames, and let the most suspicious identity
speak for the file. Where the figures do not carry a judgement, say so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median
from typing import Any

from core.evidence import Evidence, FaceCrop, SampledFrame
from core.model.bundle import Thresholds

MIN_FACE_PX = 40  # narrower faces are judged "low_quality": docs/decisions/0006-verdict.md
MIN_IDENTITY_SHARE = 0.2  # of the frames with a face; below, a track is chance
DISAGREEMENT_SHARE = 0.3  # of an identity's frames on each side of the band


class Label(StrEnum):
    """What the service says about a file."""

    FAKE = "fake"
    REAL = "real"
    INCONCLUSIVE = "inconclusive"


class Reason(StrEnum):
    """Why a verdict is inconclusive."""

    NO_FACE = "no_face"
    LOW_QUALITY = "low_quality"
    FRAMES_DISAGREE = "frames_disagree"
    NEAR_THRESHOLD = "near_threshold"


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
        """How sure the label is; see docs/http-api.md."""
        p = self.fake_probability
        if p is None:
            return None
        by_label = {Label.FAKE: p, Label.REAL: 1 - p, Label.INCONCLUSIVE: max(p, 1 - p)}
        return by_label[self.label]


def decide(evidence: Evidence, probabilities: Sequence[float], thresholds: Thresholds) -> Verdict:
    """Judge a file from P(fake) of each of ``evidence.crops``, in their order.

    Raises ValueError when there is not exactly one probability a crop.
    """
    scores = _by_frame(evidence, probabilities)
    tracks: dict[int, list[ScoredFace]] = defaultdict(list)
    for face in (face for frame in scores for face in frame):
        tracks[face.crop.identity].append(face)
    if not tracks:
        return Verdict(Label.INCONCLUSIVE, (Reason.NO_FACE,), None, thresholds, evidence, scores)
    worst = _most_suspicious(tracks, frames_with_face=sum(bool(frame) for frame in scores))
    probability = fmean(face.fake_probability for face in worst)
    reasons = _doubts(worst, probability, thresholds)
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


def to_json(
    verdict: Verdict, *, model: Mapping[str, str], calibrated: bool, timings_ms: Mapping[str, int]
) -> dict[str, Any]:
    """The ``result`` object of the HTTP API and of ``deepfake scan --json``."""
    evidence = verdict.evidence
    return {
        "verdict": verdict.label.value,
        "reasons": [reason.value for reason in verdict.reasons],
        "fake_probability": _rounded(verdict.fake_probability),
        "confidence": _rounded(verdict.confidence),
        "calibrated": calibrated,
        "thresholds": {"fake": verdict.thresholds.fake, "real": verdict.thresholds.real},
        "frames_requested": evidence.frames_requested,
        "frames_decoded": len(evidence.frames),
        "frames_scored": sum(bool(faces) for faces in verdict.scores),
        "frames": [
            _frame_to_json(frame, faces)
            for frame, faces in zip(evidence.frames, verdict.scores, strict=True)
        ],
        "model": dict(model),
        "timings_ms": dict(timings_ms),
    }


def _frame_to_json(frame: SampledFrame, faces: Sequence[ScoredFace]) -> dict[str, Any]:
    worst = max((face.fake_probability for face in faces), default=None)
    return {
        "index": frame.index,
        "timestamp_s": round(frame.timestamp_s, 3),
        "keyframe": frame.keyframe,
        "fake_probability": _rounded(worst),
        "faces": [_face_to_json(face) for face in faces],
    }


def _face_to_json(face: ScoredFace) -> dict[str, Any]:
    box = face.crop.box
    return {
        "box": [round(edge, 4) for edge in (box.left, box.top, box.width, box.height)],
        "identity": face.crop.identity,
        "width_px": face.crop.width_px,
        "detection_score": round(face.crop.detection_score, 4),
        "fake_probability": _rounded(face.fake_probability),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
