"""What a reader has to know before believing a figure, said from what was measured."""

from __future__ import annotations

from typing import Any

from core.model.bundle import Bundle

_FEW = 100  # pictures of a class; the interval of a share is then 10 points wide or more


def caveats(bundle: Bundle, document: dict[str, Any], report: dict[str, Any]) -> list[str]:
    """Sentences, the most important first."""
    return [
        "A verdict is a hint to look closer and never sole evidence against anyone.",
        "Figures hold for pictures like these; other generators, cameras and crowds differ.",
        _prior(bundle),
        *_of_data(report),
        *_of_robustness(document),
        "Intervals are of resampled groups, source by source: pictures of one person or film count "
        "together where the data states their group. Other sources than these would differ more.",
    ]


def _prior(bundle: Bundle) -> str:
    calibration = bundle.manifest.calibration
    if calibration is None:
        return "This model is not calibrated: P(fake) is a score and not a probability."
    return (
        f"Calibrated on {calibration.fitted_on}. Where fakes are rarer than there, P(fake) is "
        "too high; where they are more frequent, too low."
    )


def _of_data(report: dict[str, Any]) -> list[str]:
    groups = report["by_source"]
    told = []
    alone = [name for name, group in groups.items() if group["fake"] and group["auc"] is None]
    if alone:
        told.append(
            f"{', '.join(alone)}: fakes without reals of their own. An AUC against all reals can "
            "come from background, size or compression."
        )
    few = [
        name for name, group in groups.items()
        if 0 < group["fake"] < _FEW or 0 < group["real"] < _FEW
    ]  # fmt: skip
    if few:
        told.append(f"Fewer than {_FEW} pictures of a class, so wide intervals: {', '.join(few)}.")
    lost = {
        name: group["real"] + group["fake"] - group["face_found"] for name, group in groups.items()
    }
    missed = [f"{count} of {name}" for name, count in lost.items() if count]
    if missed:
        told.append(
            f"No face was found in {', '.join(missed)}. There the whole picture was judged; the "
            "service would say inconclusive."
        )
    return told


def _of_robustness(document: dict[str, Any]) -> list[str]:
    robustness = document["robustness"]
    if robustness is None:
        return []
    return [
        f"Robustness was measured on {robustness['pictures']} pictures, a fixed part of the data "
        "with the same number of each source and class where there are enough."
    ]
