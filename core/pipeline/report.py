"""Puts a verdict and the facts about its file into the shape of :mod:`core.result`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean

from core.evidence import Evidence, SampledFrame
from core.faces.face import Box
from core.model.rules import Band
from core.result import ExpectedError, Face, MediaFacts, Model, Result, ScoredFrame, Thresholds
from core.verdict import Person, ScoredFace, Verdict, confidence_in


def result_of(
    verdict: Verdict,
    *,
    model: Model,
    calibrated: bool,
    expected_error: ExpectedError | None,
    timings_ms: Mapping[str, float],
) -> Result:
    """The ``result`` object of a judged file.

    Probabilities are rounded for people, and never across a threshold: that of the file not
    across those of its kind, those of frames and faces not across those of pictures.
    """
    evidence = verdict.evidence
    thresholds = _shown(verdict.thresholds)
    of_pictures = _shown(verdict.rules.thresholds)
    shown = _rounded(verdict.fake_probability, thresholds)
    return Result(
        verdict=verdict.label,
        reasons=list(verdict.reasons),
        fake_probability=shown,
        logit=_mean_logit(verdict.speaker),
        # From the number that is shown, so that the two add up; 12 digits drop binary noise.
        confidence=None if shown is None else round(confidence_in(verdict.label, shown), 12),
        calibrated=calibrated,
        thresholds=thresholds,
        expected_error=expected_error,
        frames_requested=evidence.frames_requested,
        frames_decoded=len(evidence.frames),
        frames_scored=sum(bool(faces) for faces in verdict.scores),
        frames=[
            _frame(frame, faces, of_pictures)
            for frame, faces in zip(evidence.frames, verdict.scores, strict=True)
        ],
        model=model,
        timings_ms=dict(timings_ms),
    )


def media_facts_of(evidence: Evidence) -> MediaFacts:
    """The ``media`` object's part that only a decoder can tell."""
    covered_s = round(evidence.covered_s, 3)
    return MediaFacts.model_validate({**asdict(evidence.media), "covered_s": covered_s})


def _frame(frame: SampledFrame, faces: Sequence[ScoredFace], thresholds: Thresholds) -> ScoredFrame:
    worst = max((face.fake_probability for face in faces), default=None)
    return ScoredFrame(
        index=frame.index,
        timestamp_s=round(frame.timestamp_s, 3),
        keyframe=frame.keyframe,
        fake_probability=_rounded(worst, thresholds),
        faces=[_face(face, thresholds) for face in faces],
    )


def _mean_logit(speaker: Person | None) -> float | None:
    return None if speaker is None else round(fmean(face.logit for face in speaker.faces), 4)


def _face(face: ScoredFace, thresholds: Thresholds) -> Face:
    cut = face.crop.cut
    return Face(
        box=_edges(face.crop.box),
        crop=None if cut is None else _edges(cut),
        identity=face.crop.identity,
        width_px=face.crop.width_px,
        detection_score=round(face.crop.detection_score, 4),
        fake_probability=_rounded(face.fake_probability, thresholds),
    )


def _edges(box: Box) -> list[float]:
    return [round(edge, 4) for edge in (box.left, box.top, box.width, box.height)]


def _shown(band: Band) -> Thresholds:
    return Thresholds(fake=band.fake, real=band.real)


def _rounded(probability: float | None, thresholds: Thresholds) -> float | None:
    return None if probability is None else thresholds.round(probability)
