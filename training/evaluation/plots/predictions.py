"""A grid of pictures, each with its faces, verdict and confidence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from core.verdict import Label
from training.evaluation.plots.style import FAKE, INK, NEITHER, REAL, STYLE
from training.evaluation.prediction import Prediction, shown_frame

COLOURS = {Label.REAL: REAL, Label.FAKE: FAKE, Label.INCONCLUSIVE: NEITHER}
_COLUMNS = 4
_CELL_IN = 2.5
_WIDEST = 30  # letters of a file name


def prediction_grid(predictions: Sequence[Prediction]) -> Figure:
    """Every file in a cell; one that could not be read shows its error."""
    columns = min(_COLUMNS, max(1, len(predictions)))
    rows = max(1, math.ceil(len(predictions) / columns))
    with rc_context(STYLE):
        figure = Figure(
            figsize=(columns * _CELL_IN, rows * (_CELL_IN + 0.55)), layout="constrained"
        )
        cells = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in cells:
            axes.set_axis_off()
        for axes, prediction in zip(cells, predictions, strict=False):
            _draw(axes, prediction)
    return figure


def _draw(axes: Axes, prediction: Prediction) -> None:
    name = prediction.file.name
    name = name if len(name) <= _WIDEST else f"{name[: _WIDEST - 1]}…"
    if prediction.result is None:
        axes.set_title(f"{name}\ncannot be judged", loc="center", fontsize=9, color=INK)
        message = prediction.error.message if prediction.error else ""
        axes.text(0.5, 0.5, message, ha="center", va="center", wrap=True, fontsize=8)
        return
    result = prediction.result
    colour = COLOURS[Label(result["verdict"])]
    pixels, faces = shown_frame(prediction)
    axes.imshow(pixels)
    for face in faces:
        _outline(axes, face["box"], pixels.shape, colour)
    axes.set_title(f"{name}\n{_words(result)}", loc="center", fontsize=9, color=colour)


def _words(result: Any) -> str:
    confidence = result["confidence"]
    told = result["verdict"]
    if confidence is not None:
        told += f", {confidence:.0%} sure" if told != "inconclusive" else ""
        told += f", P(fake) {result['fake_probability']:.2f}"
    reasons = ", ".join(result["reasons"]).replace("_", " ")
    return f"{told}\n{reasons}" if reasons else told


def _outline(axes: Axes, box: Sequence[float], shape: tuple[int, ...], colour: str) -> None:
    """The face box: fractions of the frame's sides to pixels."""
    height, width = shape[:2]
    left, top, wide, high = box
    corner, size = (left * width, top * height), (wide * width, high * height)
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=2))
