"""How every plot looks, and how it becomes SVG or PNG.

Drawn without pyplot: no global figure, no display. The colours of data are readable on white and
on black.
"""

from __future__ import annotations

import io
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

REAL, FAKE, NEITHER = "#3b82c4", "#dd6b3d", "#8c939d"
INK, GRID = "#1f2328", "#d1d5da"
PALETTE = ("#3b82c4", "#dd6b3d", "#2e9e6b", "#b45fc0", "#b58900", "#d6457a", "#3aa6b9", "#7f7f7f")
WIDTH_IN, HEIGHT_IN = 4.2, 3.5  # small, so that the letters stay readable on a phone
_PNG_DPI = 160

STYLE: Any = {
    "font.size": 9.5,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "axes.facecolor": "none",
    "svg.fonttype": "none",  # letters stay letters: small, and selectable
    "svg.hashsalt": "deepfake",  # the same plot is the same file
}


def new_axes(
    title: str, width_in: float = WIDTH_IN, height_in: float = HEIGHT_IN
) -> tuple[Figure, Axes]:
    """A figure with one pair of axes and its title."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def to_svg(figure: Figure) -> str:
    """A stand-alone SVG document."""
    text = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def to_png(figure: Figure) -> bytes:
    """The same as PNG."""
    data = io.BytesIO()
    with rc_context(STYLE):
        figure.savefig(data, format="png", dpi=_PNG_DPI, metadata={"Software": None})
    return data.getvalue()
