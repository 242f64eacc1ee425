"""One evaluation of one bundle: what was measured, and on what.

Its :attr:`Evaluation.document` is ``metrics.json``; docs/evaluation/README.md describes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.faces.detector import load_face_detector
from core.model.bundle import Bundle, RuntimeName
from core.model.runtimes import choose, load_detector
from core.options import DEFAULT_FRAMES
from core.pipeline.expected_error import CONFIDENCE
from training.data.cache import Sample
from training.data.clips import Clip, find_faceless
from training.data.data_set import DataSet
from training.data.evidence_cache import EvidenceCache
from training.data.reading import cache_folder
from training.evaluate import resampling
from training.evaluate.claims import looks
from training.evaluate.clips import ClipEvaluation, judge_clips, measure_faceless
from training.evaluate.figures import figures_of
from training.evaluate.robustness import measure_robustness
from training.evaluate.sampling import choose as choose_sample
from training.evaluate.sampling import fingerprint
from training.evaluate.scores import Scores, scores_of
from training.evaluate.scoring import cut_crops, score_crops
from training.evaluate.verdicts import Answers, called

SCHEMA_VERSION = 1
_PER_CELL = 20  # pictures of a source and class that are made worse in every way


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of every runtime; scores of the one that the plots show."""

    bundle: Bundle
    runtime: RuntimeName
    samples: Sequence[Sample]
    scores: Scores
    clips: ClipEvaluation | None
    document: dict[str, Any]

    @property
    def answers(self) -> Answers:
        """Scores and verdicts of the pictures."""
        thresholds = self.bundle.manifest.thresholds
        return Answers(self.scores, called(self.scores.probability, thresholds))

    @property
    def report(self) -> dict[str, Any]:
        """The figures of the runtime that the plots show."""
        figures: dict[str, Any] = self.document["runtimes"][self.runtime.value]
        return figures


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure beside the figures of pictures."""

    runtimes: Sequence[RuntimeName]
    robustness: bool = False  # of a part of the pictures
    clips: Sequence[Clip] = ()
    clip_frames: int = DEFAULT_FRAMES
    cache_dir: Path | None = None  # of what was extracted; None for that of the user
    resamples: int = resampling.RESAMPLES


def evaluate(
    bundle: Bundle,
    samples: Sequence[Sample],
    plan: Plan,
    *,
    data: Sequence[DataSet],
    split: str,
) -> Evaluation:
    """Measure a bundle on pictures, and on the clips of the data sets that hold any."""
    crops = cut_crops(samples, bundle.manifest.input)
    serving = choose(bundle)
    shown = serving if serving in plan.runtimes else plan.runtimes[0]
    thresholds = bundle.manifest.thresholds
    scores = {
        name: scores_of(
            samples, score_crops(load_detector(bundle, runtime=name), crops, f"scores, {name}")
        )
        for name in plan.runtimes
    }
    figures = {
        name.value: figures_of(each, called(each.probability, thresholds), resamples=plan.resamples)
        for name, each in scores.items()
    }
    clips, extras = _extras(bundle, shown, samples, plan, data)
    document = {
        **_origin(bundle, samples, plan, ", ".join(each.name for each in data), split),
        "shown_runtime": shown.value,
        "runtimes": figures,
        **extras,
    }
    return Evaluation(bundle, shown, samples, scores[shown], clips, document)


def _origin(
    bundle: Bundle, samples: Sequence[Sample], plan: Plan, data_name: str, split: str
) -> dict[str, Any]:
    manifest = bundle.manifest
    pictures = [sample.picture for sample in samples]
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": bundle.reference,
        "test_looks": looks(bundle),
        "thresholds": manifest.thresholds.model_dump(),
        "calibration": manifest.calibration and manifest.calibration.model_dump(),
        "data": {
            "folder": data_name,
            "split": split,
            "pictures": len(pictures),
            "fingerprint": fingerprint(pictures),
        },
        "confidence": CONFIDENCE,
        "resamples": plan.resamples,
    }


def _extras(
    bundle: Bundle,
    runtime: RuntimeName,
    samples: Sequence[Sample],
    plan: Plan,
    data: Sequence[DataSet],
) -> tuple[ClipEvaluation | None, dict[str, Any]]:
    """Robustness and clips; None for what was not asked for or is not there."""
    told: dict[str, Any] = {"robustness": None, "clips": None}
    if not plan.robustness and not plan.clips:
        return None, told
    detector, faces = load_detector(bundle, runtime=runtime), load_face_detector(threads=1)
    judged = None
    if plan.clips:
        films = EvidenceCache(cache_folder(plan.cache_dir), lambda: faces)
        judged = judge_clips(plan.clips, detector, films, frames=plan.clip_frames)
        faceless = measure_faceless(find_faceless(data), detector, films)
        told["clips"] = {**judged.document(plan.resamples), "without_face": faceless}
    if plan.robustness:
        chosen = {each.key for each in choose_sample([s.picture for s in samples], _PER_CELL)}
        some = [sample for sample in samples if sample.picture.key in chosen]
        told["robustness"] = measure_robustness(some, detector, faces, resamples=plan.resamples)
    return judged, told
