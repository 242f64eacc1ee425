"""The figures as bars, one panel for each film."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.peers.figures import Figures
from training.evaluate.plots.style import FAKE, INK, REAL, STYLE, to_svg

WIDTH_IN, ROW_IN, MARGIN_IN = 8.4, 0.32, 1.0


def plot(figures: Sequence[Figures], films: Sequence[str]) -> str:
    """A stand-alone SVG: films a minute by system, medians with the range of the rounds."""
    measured = [each for each in figures if not each.missing]
    with rc_context(STYLE):
        size = (WIDTH_IN, MARGIN_IN + ROW_IN * len(measured))
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(1, len(films), sharey=True, squeeze=False)[0]
        for axes, film in zip(panels, films, strict=True):
            spreads = [each.per_minute(film) for each in measured]
            middles = [each.middle for each in spreads]
            ranges = [
                [each.middle - each.least for each in spreads],
                [each.most - each.middle for each in spreads],
            ]
            colours = [FAKE if each.peer else REAL for each in measured]
            names = [each.name for each in measured]
            bars = axes.barh(names, middles, xerr=ranges, color=colours, ecolor=INK, height=0.7)
            axes.bar_label(bars, fmt="%.0f", padding=6)
            axes.set_title(f"{film} films a minute")
            axes.grid(visible=False, axis="y")
            axes.margins(x=0.15)
        panels[0].invert_yaxis()
    return to_svg(figure)
