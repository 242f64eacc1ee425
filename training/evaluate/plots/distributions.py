"""Reliability of the probabilities, and where the scores of each class lie."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from core.model.rules import Thresholds
from training.evaluate.metrics import ECE_BINS, bin_of
from training.evaluate.plots.style import (
    FAKE,
    GRID,
    HEIGHT_IN,
    INK,
    NEITHER,
    REAL,
    WIDTH_IN,
    new_axes,
)
from training.evaluate.resampling import share_interval
from training.evaluate.scores import Scores

_BINS = 40


def reliability(scores: Scores) -> Figure:
    """Share of fakes against P(fake) in ten bins, with Wilson intervals and the counts."""
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    top.set_title("Calibration of P(fake)")
    top.plot([0, 1], [0, 1], color=NEITHER, linewidth=1, linestyle=":")
    index = bin_of(scores.probability)
    for which in range(ECE_BINS):
        some = index == which
        count, total = int(scores.fake[some].sum()), int(some.sum())
        pair = share_interval(count, total)
        if pair is None:
            continue
        x = float(scores.probability[some].mean())
        top.plot([x, x], pair, color=FAKE, linewidth=1.2)
        top.plot([x], [count / total], "o", color=FAKE, markersize=4.5)
    top.set(ylabel="are fake", xlim=(0, 1), ylim=(-0.02, 1.02))
    counts = np.bincount(index, minlength=ECE_BINS)
    below.bar((np.arange(ECE_BINS) + 0.5) / ECE_BINS, counts, 0.9 / ECE_BINS, color=NEITHER)
    below.set(xlabel="P(fake)", ylabel="pictures")
    return figure


def histogram(scores: Scores, thresholds: Thresholds) -> Figure:
    """Shares of each class by P(fake), with the two thresholds."""
    figure, axes = new_axes("Scores by class")
    edges = np.linspace(0, 1, _BINS + 1)
    for name, members, colour in (
        ("real", ~scores.fake, REAL),
        ("fake", scores.fake, FAKE),
    ):
        values = scores.probability[members]
        if len(values):
            label = f"{name}, {len(values)}"
            weights = np.full(len(values), 1 / len(values))
            axes.hist(
                values, edges.tolist(), weights=weights, color=colour, alpha=0.65, label=label
            )
    for threshold in (thresholds.real, thresholds.fake):
        axes.axvline(threshold, color=INK, linewidth=1, linestyle="--")
    axes.axvspan(thresholds.real, thresholds.fake, color=GRID, alpha=0.35, linewidth=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    band = f"{thresholds.real:g} to {thresholds.fake:g}"
    axes.set(xlabel=f"P(fake); grey: inconclusive, {band}", ylabel="share of the class")
    axes.set(xlim=(0, 1))
    axes.margins(y=0.15)
    axes.legend(loc="upper center", ncols=2)
    return figure
