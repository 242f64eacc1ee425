"""Bars by source: AUC with intervals."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from training.evaluate.plots.style import FAKE, INK, REAL, WIDTH_IN, new_axes

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
