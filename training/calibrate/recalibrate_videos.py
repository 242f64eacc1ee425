"""Fits a bundle's probabilities and thresholds of videos to labelled clips; no weight changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from core.errors import ConfigurationError
from core.model.bundle import Bundle
from core.model.detector import Detector
from core.model.rules import Novelty
from core.model.runtimes import AUTO, load_detector
from training.calibrate import videos
from training.calibrate.calibration import Wanted
from training.calibrate.recalibrate import write_fitted
from training.calibrate.scored_clips import ScoredClip, ScoredClips
from training.data.cache import Sample
from training.evaluate import answers
from training.evaluate.metrics import Floats
from training.evaluate.scoring import cut_crops, scores_of_crops
from training.export.publish import Published, check_new

METRIC = "video_calibration"
RATE = 0.02  # of files like the training data that may be refused


def load_for_clips(bundle: Bundle, runtime: str = AUTO, out: Path | None = None) -> Detector:
    """The detector whose scores are fitted; before the clips are extracted, which takes minutes.

    Raises :class:`ConfigurationError` for a bundle that has no calibration of pictures, and for a
    folder ``out`` that cannot be made.
    """
    if out is not None:
        check_new(out)
    if bundle.manifest.calibration is None:
        raise ConfigurationError(
            f"{bundle.manifest.name} has no calibration of pictures, and that of videos stands "
            "beside it in model.json; fit pictures first: deepfake calibrate without --videos."
        )
    return load_detector(bundle, runtime=runtime)


def recalibrate_videos(
    detector: Detector,
    clips: ScoredClips,
    samples: Sequence[Sample],
    wanted: Wanted,
    *,
    where: str,
    out: Path | None = None,
    novelty_rate: float = RATE,
) -> Published:
    """Write ``calibration.video``, ``thresholds.video`` and errors of videos into model.json.

    In place, or in the new folder ``out``. Where the bundle tells novelty, its limit is fitted to
    the clips and to ``samples``, pictures of the same split; they are not used for anything
    else. What model.json says of pictures stays; what the gate keeps of clips goes. Raises
    :class:`ConfigurationError` where there are too few groups for the shares wanted.
    """
    bundle, usable = detector.bundle, clips.usable
    novelty = _novelty(detector, usable, samples, novelty_rate, where)
    rules = replace(bundle.manifest.rules, novelty=novelty)
    judged = videos.cross_validate_videos(usable, rules, wanted)
    fitted = videos.calibrate_videos(usable, rules, wanted, videos.fitted_on_clips(usable, where))
    of_pictures = [cell for cell in bundle.manifest.expected_error if cell.kind != "video"]
    changes: dict[str, Any] = {
        "calibration": fitted.calibration,
        "thresholds": fitted.thresholds,
        "novelty": novelty,
        "expected_error": (*of_pictures, *judged.cells),
        "metrics": {**kept_metrics(bundle), METRIC: judged.to_json()},
    }
    written = write_fitted(bundle, changes, out)
    answers.forget(written.path, answers.CLIPS)
    return Published(written, judged.judged)


def kept_metrics(bundle: Bundle) -> dict[str, Any]:
    """The figures that a new calibration of videos leaves true: all but those of clips."""
    return {
        name: {k: v for k, v in told.items() if k != "clips"} if isinstance(told, dict) else told
        for name, told in bundle.manifest.metrics.items()
    }


def _novelty(
    detector: Detector,
    clips: Sequence[ScoredClip],
    samples: Sequence[Sample],
    rate: float,
    where: str,
) -> Novelty | None:
    """The limit for files like these; None where the bundle does not tell novelty."""
    if detector.bundle.manifest.novelty is None:
        return None
    of_clips = [
        fmean(face.novelty for face in clip.speaker.faces if face.novelty is not None)
        for clip in clips
    ]
    crops = cut_crops(samples, detector.bundle.manifest.input)
    of_pictures = scores_of_crops(detector, crops).novelty
    if of_pictures is None:
        raise ValueError("the detector tells the novelty of clips and not that of pictures")
    return fit_novelty({"clips": np.array(of_clips), "pictures": of_pictures}, rate, where)


def fit_novelty(by_kind: Mapping[str, Floats], rate: float, where: str) -> Novelty:
    """The lowest limit that refuses at most the share ``rate`` of each kind of files.

    ``by_kind`` holds the novelty of files like the training data, (n,) each, by what they are,
    such as pictures and clips. Raises :class:`ConfigurationError` where a kind has so few files
    that the share is less than one of them.
    """
    for kind, values in by_kind.items():
        if len(values) * rate < 1:
            raise ConfigurationError(
                f"A limit of novelty that refuses {rate:g} of {kind} needs {math.ceil(1 / rate)} "
                f"of them; there are {len(values)}. Give more, or ask for a larger --novelty-rate."
            )
    limit = max(_limit(values, rate) for values in by_kind.values())
    everything = np.concatenate(list(by_kind.values()))
    told = " and ".join(f"{len(values)} {kind}" for kind, values in by_kind.items())
    refused = float((everything > limit).mean())
    return Novelty(limit=limit, rate=round(refused, 4), fitted_on=f"{told}, {where}")


def _limit(values: Floats, rate: float) -> float:
    """The value that ``rate`` of them at most are above; rounded up to six digits."""
    refused = math.floor(len(values) * rate + 1e-9)
    return float(np.float64(f"{np.sort(values)[-1 - refused] * (1 + 1e-5):.6g}"))
