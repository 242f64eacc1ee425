"""The confusion matrix, with a column for those that the detector does not decide."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from core.result import Label
from training.evaluate.plots.style import FAKE, GRID, NEITHER, REAL, WIDTH_IN, new_axes
from training.evaluate.verdicts import ORDER

_RIGHT, _WRONG = REAL, FAKE
_LEAST = 0.08  # opacity of a cell without pictures


def confusion(counts: dict[str, dict[str, int]], title: str) -> Figure:
    """True class by verdict: pictures, and their share of the class."""
    figure, axes = new_axes(title, WIDTH_IN, 2.4)
    rows = [Label.REAL, Label.FAKE]
    for y, true in enumerate(rows):
        total = sum(counts[true.value].values())
        for x, label in enumerate(ORDER):
            count = counts[true.value][label.value]
            share = count / total if total else 0.0
            _cell(axes, (x, y), share, true=true, label=label)
            told = f"{count}\n{share:.1%}" if total else "0"
            axes.text(x, y, told, ha="center", va="center")
    axes.set_xticks(range(len(ORDER)), [f"called {ORDER[0]}", ORDER[1], f"called {ORDER[2]}"])
    axes.set_yticks(range(2), ["is real", "is fake"])
    axes.set(xlim=(-0.5, 2.5), ylim=(1.5, -0.5))
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return figure


def _cell(axes: Any, place: tuple[int, int], share: float, *, true: Label, label: Label) -> None:
    colour = NEITHER if label is Label.INCONCLUSIVE else _RIGHT if label is true else _WRONG
    x, y = place
    axes.fill(
        [x - 0.48, x + 0.48, x + 0.48, x - 0.48], [y - 0.47, y - 0.47, y + 0.47, y + 0.47],
        facecolor=to_rgba(colour, _LEAST + 0.6 * share), edgecolor=GRID, linewidth=0.8,
    )  # fmt: skip
