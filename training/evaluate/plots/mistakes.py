"""The faces that a detector is most wrong about, as it saw them: what to look at first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from training.data.cache import Sample
from training.evaluate.plots.style import FAKE, REAL, STYLE
from training.evaluate.scores import Scores

SHOWN = 12  # of each class
_SIDE_PX = 160
_COLUMNS, _CELL_IN = 6, 1.4
_WIDEST = 22  # letters of a name


def worst(scores: Scores, shown: int = SHOWN) -> dict[str, list[int]]:
    """Indices of reals with the highest P(fake) and of fakes with the lowest, the worst first.

    Only those on the wrong side of one half.
    """
    fake, p = scores.fake, scores.probability
    order = [int(index) for index in np.argsort(p, kind="stable")]
    return {
        "real": [index for index in reversed(order) if not fake[index] and p[index] >= 0.5][:shown],
        "fake": [index for index in order if fake[index] and p[index] < 0.5][:shown],
    }


def mistakes(scores: Scores, samples: Sequence[Sample], margin: float) -> Figure:
    """Two rows of reals and two of fakes, each with its source, generator and P(fake)."""
    rows = SHOWN // _COLUMNS
    with rc_context(STYLE):
        figure = Figure((_COLUMNS * _CELL_IN, 2 * rows * (_CELL_IN + 0.35)), layout="constrained")
        halves = figure.subfigures(2, 1, squeeze=False).ravel()
        parts = zip(halves, worst(scores).items(), (REAL, FAKE), strict=True)
        for part, (label, indices), colour in parts:
            side = "at least" if label == "real" else "below"
            part.suptitle(f"{label}, P(fake) {side} 0.5" if indices else f"{label}: no mistake")
            cells = part.subplots(rows, _COLUMNS).ravel()
            for axes in cells:
                axes.set_axis_off()
            for axes, index in zip(cells, indices, strict=False):
                axes.imshow(samples[index].crop(_SIDE_PX, margin))
                told = scores.generator[index] or samples[index].picture.source
                axes.set_title(f"{told}\n{scores.probability[index]:.2f}", fontsize=7, color=colour)
    return figure
