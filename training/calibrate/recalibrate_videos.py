"""Fits a bundle's probabilities and thresholds of videos to labelled clips; no weight changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.model.bundle import Bundle
from core.model.detector import Detector
from core.model.runtimes import AUTO, load_detector
from training.calibrate import videos
from training.calibrate.calibration import Wanted
from training.calibrate.recalibrate import write_fitted
from training.calibrate.scored_clips import ScoredClips
from training.export.publish import Published, check_new

METRIC = "video_calibration"


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
    wanted: Wanted,
    *,
    where: str,
    out: Path | None = None,
) -> Published:
    """Write ``calibration.video``, ``thresholds.video`` and errors of videos into model.json.

    In place, or in the new folder ``out``. What model.json says of pictures stays. Raises
    :class:`ConfigurationError` where there are too few groups for the shares wanted.
    """
    bundle, usable = detector.bundle, clips.usable
    rules = bundle.manifest.rules
    judged = videos.cross_validate_videos(usable, rules, wanted)
    fitted = videos.calibrate_videos(usable, rules, wanted, videos.fitted_on_clips(usable, where))
    of_pictures = [cell for cell in bundle.manifest.expected_error if cell.kind != "video"]
    changes: dict[str, Any] = {
        "calibration": fitted.calibration,
        "thresholds": fitted.thresholds,
        "expected_error": (*of_pictures, *judged.cells),
        "metrics": {**kept_metrics(bundle), METRIC: judged.to_json()},
    }
    return Published(write_fitted(bundle, changes, out), judged.judged)


def kept_metrics(bundle: Bundle) -> dict[str, Any]:
    """The figures that a new calibration of videos leaves true: all but those of clips."""
    return {
        name: {k: v for k, v in told.items() if k != "clips"} if isinstance(told, dict) else told
        for name, told in bundle.manifest.metrics.items()
    }
