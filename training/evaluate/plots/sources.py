"""Bars by source: AUC with intervals, and the shares of the three verdicts."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from core.result import Label
from training.evaluate.plots.style import FAKE, INK, NEITHER, REAL, WIDTH_IN, new_axes
from training.evaluate.verdicts import ORDER

_COLOURS = {Label.REAL: REAL, Label.INCONCLUSIVE: NEITHER, Label.FAKE: FAKE}
_ROW_IN = 0.3


def auc_bars(report: dict[str, Any]) -> Figure:
    """AUC of each source against its own reals and against all reals, 95 % intervals."""
    rows = [(name, group) for name, group in report["by_source"].items() if group["fake"]]
    rows = [("all", report["all"]), *reversed(rows)]
    figure, axes = new_axes(
        "AUC by source, 95 % intervals", WIDTH_IN, 1.1 + 1.4 * _ROW_IN * len(rows)
    )
    pairs = (
        ("auc", "against its own reals", 0.2, REAL),
        ("auc_all_reals", "against all reals", -0.2, FAKE),
    )
    for key, label, shift, colour in pairs:
        at = [place + shift for place, (_, group) in enumerate(rows) if group[key] is not None]
        some = [group for _, group in rows if group[key] is not None]
        values = [group[key] for group in some]
        # Few groups have no interval, and the bar no whiskers.
        around = [group["intervals"][key] or (group[key],) * 2 for group in some]
        low = [max(0.0, value - pair[0]) for value, pair in zip(values, around, strict=True)]
        high = [max(0.0, pair[1] - value) for value, pair in zip(values, around, strict=True)]
        axes.barh(at, values, 0.36, color=colour, alpha=0.8, label=label)
        axes.errorbar(values, at, xerr=[low, high], fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.axvline(0.5, color=INK, linewidth=1, linestyle=":")
    axes.set(xlabel="AUC; the dotted line is chance", xlim=(0, 1.02))
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def verdict_bars(report: dict[str, Any]) -> Figure:
    """Which verdicts the reals and the fakes of each source get."""
    rows = [
        (f"{name}, {true}", counts)
        for name, group in report["by_source"].items()
        for true, counts in group["confusion"].items()
        if sum(counts.values())
    ][::-1]
    figure, axes = new_axes("Verdicts by source and class", WIDTH_IN, 1.0 + 0.27 * len(rows))
    start = [0.0] * len(rows)
    for label in ORDER:
        parts = [counts[label.value] / sum(counts.values()) for _, counts in rows]
        name = f"called {label.value}" if label is not Label.INCONCLUSIVE else label.value
        axes.barh(range(len(rows)), parts, 0.72, start, color=_COLOURS[label], label=name)
        start = [before + part for before, part in zip(start, parts, strict=True)]
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(xlim=(0, 1), ylim=(-0.6, len(rows) - 0.4))
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside lower center", ncols=3, columnspacing=1)
    return figure
