"""What degraded pictures do to the figures, one plot a degradation."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from training.evaluate.plots.style import FAKE, NEITHER, PALETTE, REAL, new_axes

_LINES = (
    ("auc", "AUC", REAL, "-"),
    ("accuracy_at_half", "accuracy at ½", PALETTE[2], "-"),
    ("real_called_fake", "real called fake", FAKE, "-"),
    ("decided", "decided", NEITHER, "--"),
)


def degradation(curve: dict[str, Any]) -> Figure:
    """Figures by level, the harmless end at the left; bands are 95 % intervals."""
    figure, axes = new_axes(curve["title"].partition(",")[0])
    points = curve["points"]
    places = range(len(points))  # levels evenly apart: they are chosen, not measured
    for key, label, colour, style in _LINES:
        values = [point[key] for point in points]
        if any(value is None for value in values):
            continue
        axes.plot(places, values, style, color=colour, label=label, marker="o", markersize=3)
        pairs = [point["intervals"][key] for point in points]
        low, high = zip(*pairs, strict=True)
        axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.set_xticks(places, ["none", *(f"{point['level']:g}" for point in points[1:])])
    axes.set(xlabel=curve["title"], ylim=(0, 1.02))
    figure.legend(loc="outside lower center", ncols=2, columnspacing=1.2)
    return figure
