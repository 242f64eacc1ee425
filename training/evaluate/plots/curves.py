"""ROC, precision-recall and risk-coverage curves, one a source."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve

from training.evaluate.figures import counterparts
from training.evaluate.metrics import Flags, by_certainty
from training.evaluate.plots.style import INK, NEITHER, PALETTE, new_axes
from training.evaluate.scores import Scores

_FEWEST = 20  # pictures, of which a share is worth drawing


def roc(scores: Scores, report: dict[str, Any]) -> Figure:
    """Fakes found against reals accused, over all thresholds."""
    figure, axes = new_axes("ROC by source")
    axes.plot([0, 1], [0, 1], color=NEITHER, linewidth=1, linestyle=":")
    for name, members, line in _curves(scores):
        x, y, _ = roc_curve(scores.fake[members], scores.probability[members])
        axes.plot(x, y, label=_label(report, name, "auc"), **line)
    axes.set(xlabel="real called fake", ylabel="fakes found", xlim=(0, 1), ylim=(0, 1.01))
    axes.legend(loc="lower right", title="AUC", title_fontsize=8)
    return figure


def precision_recall(scores: Scores, report: dict[str, Any]) -> Figure:
    """Precision over fakes found; a source's share of fakes is where its curve ends."""
    figure, axes = new_axes("Precision and recall by source")
    for name, members, line in _curves(scores):
        y, x, _ = precision_recall_curve(scores.fake[members], scores.probability[members])
        axes.plot(x, y, label=_label(report, name, "ap"), **line)
    axes.set(xlabel="fakes found (recall)", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))
    figure.legend(loc="outside lower center", ncols=2, title="AP", title_fontsize=8)
    return figure


def coverage(scores: Scores, report: dict[str, Any]) -> Figure:
    """How many answers are right when the least sure are left out; a dot for the thresholds."""
    figure, axes = new_axes("Right answers, the surest first")
    for name, members, line in _curves(scores):
        covered, right = by_certainty(scores.fake[members], scores.probability[members])
        shown = covered * members.sum() >= _FEWEST
        axes.plot(covered[shown], right[shown] / covered[shown], label=name, **line)
    decides = report["all"]["decided"], report["all"]["accuracy_decided"]
    if decides[1] is not None:
        axes.plot(*decides, "o", color=INK, markersize=7, label="all, at the thresholds")
    axes.set(xlabel="share of pictures decided", ylabel="right among them", xlim=(0, 1.01))
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def _curves(scores: Scores) -> list[tuple[str, Flags, dict[str, Any]]]:
    """(name, whom it compares, line style) of every source with both classes, then of all."""
    found: list[tuple[str, Flags, dict[str, Any]]] = []
    for name in sorted(set(scores.source.tolist())):
        own = scores.source == name
        compared = own | counterparts(scores, own)
        if 0 < scores.fake[compared].sum() < compared.sum():
            line = {"color": PALETTE[len(found) % len(PALETTE)], "linewidth": 1.4}
            found.append((name, compared, line))
    everything = np.ones(len(scores), np.bool_)
    if 0 < scores.fake.sum() < len(scores):
        found.append(("all", everything, {"color": INK, "linewidth": 2.2}))
    return found


def _label(report: dict[str, Any], name: str, figure: str) -> str:
    values = report["all"] if name == "all" else report["by_source"][name]
    return f"{name} {values[figure]:.3f}"
