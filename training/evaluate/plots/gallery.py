"""Every plot of an evaluation under the name of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from core.model.rules import Thresholds
from training.evaluate.plots.confusion import confusion
from training.evaluate.plots.curves import coverage, precision_recall, roc
from training.evaluate.plots.distributions import histogram, reliability
from training.evaluate.plots.robustness import degradation
from training.evaluate.plots.sources import auc_bars
from training.evaluate.plots.style import STYLE, to_png, to_svg
from training.evaluate.scores import Scores


def draw_all(
    scores: Scores,
    report: dict[str, Any],
    thresholds: Thresholds,
    robustness: dict[str, Any] | None,
) -> dict[str, Figure]:
    """Name of the plot → figure; curves that need both classes are left out without them."""
    with rc_context(STYLE):
        figures = {
            "scores": histogram(scores, thresholds),
            "confusion": confusion(report["all"]["confusion"], "Verdicts on all pictures"),
            "calibration": reliability(scores),
        }
        if report["all"]["auc"] is not None:
            figures |= {
                "roc": roc(scores, report),
                "precision-recall": precision_recall(scores, report),
                "auc": auc_bars(report),
                "coverage": coverage(scores, report),
            }
        for name, curve in (robustness or {"curves": {}})["curves"].items():
            figures[f"robustness-{name}"] = degradation(curve)
    return figures


def save_all(figures: dict[str, Figure], folder: Path) -> None:
    """Write each plot as SVG and PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        (folder / f"{name}.svg").write_text(to_svg(figure))
        (folder / f"{name}.png").write_bytes(to_png(figure))
