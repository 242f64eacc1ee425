"""Whole clips through extraction and judgement, as ``deepfake scan`` does it, and their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import MediaError
from core.evidence import ExtractOptions
from core.model.detector import Detector
from core.options import DEFAULT_FRAMES
from core.pipeline.judgement import judge
from core.result import Label, Reason, Result
from training.data.clips import Clip
from training.data.evidence_cache import EvidenceCache, options_of
from training.data.progress import tracked
from training.evaluate import resampling
from training.evaluate.figures import figures_of
from training.evaluate.sampling import fingerprint
from training.evaluate.scores import Scores, scores_of_pictures
from training.evaluate.verdicts import ORDER, Answers, Verdicts

WORST = 10  # errors that are listed, of reals and of each kind of fake
_SHOWN = ("verdict", "reasons", "fake_probability", "confidence", "frames_scored", "frames_decoded")


@dataclass(frozen=True, slots=True)
class JudgedClip:
    """A clip with the result that the service would give, or why there is none."""

    clip: Clip
    result: Result | None
    error: str = ""

    @property
    def label(self) -> Label:
        """The verdict; a clip that could not be judged is inconclusive."""
        return Label.INCONCLUSIVE if self.result is None else self.result.verdict

    @property
    def probability(self) -> float:
        """P(fake) in [0, 1]; NaN where no face was scored or the clip could not be judged."""
        p = None if self.result is None else self.result.fake_probability
        return float("nan") if p is None else p

    @property
    def wrong(self) -> bool:
        """Whether there is a verdict, and it is not the clip's class."""
        return self.label not in (Label.INCONCLUSIVE, self.clip.label)

    def to_json(self) -> dict[str, Any]:
        """The clip and what was said of it, for ``metrics.json``."""
        clip = self.clip
        told = {name: getattr(clip, name) for name in ("label", "source", "kind", "group")}
        if self.result is None:
            return {"file": clip.key, **told, "error": self.error}
        shown = self.result.to_json()
        return {"file": clip.key, **told, **{name: shown[name] for name in _SHOWN}}


@dataclass(frozen=True, slots=True)
class ClipEvaluation:
    """Clips that one bundle judged."""

    judged: Sequence[JudgedClip]

    @property
    def scores(self) -> Scores:
        """The clips as the metrics see them."""
        return scores_of_pictures(
            [each.clip for each in self.judged],
            np.array([each.probability for each in self.judged], np.float64),
            np.isfinite([each.probability for each in self.judged]),
        )

    @property
    def verdicts(self) -> Verdicts:
        """The verdicts as the service gave them, for reasons of all kinds."""
        labels = np.array([each.label.value for each in self.judged], np.str_)
        return {label: labels == label.value for label in ORDER}

    @property
    def answers(self) -> Answers:
        """Scores and verdicts."""
        return Answers(self.scores, self.verdicts)

    def contents(self) -> Iterator[bytes]:
        """The bytes of the clips, in the order of the scores."""
        return (each.clip.path.read_bytes() for each in self.judged)

    def document(self, resamples: int = resampling.RESAMPLES) -> dict[str, Any]:
        """Figures, the worst errors and every clip, for ``metrics.json``."""
        clips = [each.clip for each in self.judged]
        return {
            "data": {"clips": len(clips), "fingerprint": fingerprint(clips)},
            **figures_of(self.scores, self.verdicts, resamples=resamples),
            "worst": self.worst(),
            "files": [each.to_json() for each in self.judged],
        }

    def worst(self, number: int = WORST) -> dict[str, list[dict[str, Any]]]:
        """The most certain wrong verdicts on reals (``real``) and on each kind of fake."""
        wrong = sorted(
            (each for each in self.judged if each.wrong),
            key=lambda each: -abs(each.probability - 0.5),
        )
        kinds = sorted({_kind(each.clip) for each in wrong})
        return {
            kind: [
                {"file": each.clip.key, "fake_probability": each.probability}
                for each in wrong
                if _kind(each.clip) == kind
            ][:number]
            for kind in kinds
        }


def judge_clips(
    clips: Sequence[Clip],
    detector: Detector,
    films: EvidenceCache,
    *,
    frames: int = DEFAULT_FRAMES,
) -> ClipEvaluation:
    """Extract and judge every clip; one that cannot be judged says why and stops nothing."""
    options = options_of(detector, frames)
    judged = []
    for clip in tracked(clips, "clips"):
        try:
            result = _judge(clip.path, detector, films, options)
        except MediaError as error:
            judged.append(JudgedClip(clip, None, error.message))
        else:
            judged.append(JudgedClip(clip, result))
    return ClipEvaluation(judged)


def measure_faceless(
    films: Sequence[Path], detector: Detector, cache: EvidenceCache
) -> dict[str, int]:
    """How many films without a face there are, and of how many the service says so."""
    options = options_of(detector)
    results = [_judge(film, detector, cache, options) for film in tracked(films, "without a face")]
    found = sum(Reason.NO_FACE in result.reasons for result in results)
    return {"clips": len(films), "no_face": found}


def _judge(film: Path, detector: Detector, films: EvidenceCache, options: ExtractOptions) -> Result:
    evidence = films.extract(film, options)
    return judge(evidence, detector, detector.bundle, detector.runtime.name, {})


def _kind(clip: Clip) -> str:
    return (clip.kind or "fake of no stated kind") if clip.fake else "real"
