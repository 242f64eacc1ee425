"""A grid of pictures, each with its faces, verdict and confidence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Rectangle

from core.result import Label, Thresholds
from training.evaluate.plots.style import FAKE, INK, NEITHER, REAL, STYLE
from training.evaluate.prediction import Prediction, shown_frame

COLOURS = {Label.REAL: REAL, Label.FAKE: FAKE, Label.INCONCLUSIVE: NEITHER}
_COLUMNS = 4
_CELL_IN = 2.6
_TITLE_IN = 0.75
_PAD_IN = 0.1
_WIDEST = 30  # letters of a file name


def prediction_grid(predictions: Sequence[Prediction]) -> Figure:
    """Every file in a cell; one that could not be read shows its error."""
    columns = min(_COLUMNS, max(1, len(predictions)))
    rows = max(1, math.ceil(len(predictions) / columns))
    with rc_context(STYLE):
        figure = Figure(
            figsize=(columns * _CELL_IN, rows * (_CELL_IN + _TITLE_IN)),
            # Around a picture of fixed shape the layout is a pixel or two short for its title.
            layout=ConstrainedLayoutEngine(h_pad=_PAD_IN, w_pad=_PAD_IN),
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
        _title(axes, f"{name}\ncannot be judged", INK)
        message = fill(prediction.error.message if prediction.error else "", _WIDEST)
        axes.text(0.5, 0.6, message, ha="center", va="center", fontsize=8)
        return
    result = prediction.result
    colour = COLOURS[Label(result["verdict"])]
    pixels, faces = shown_frame(prediction)
    axes.imshow(pixels)
    for face in faces:
        _outline(axes, face["box"], pixels.shape, colour)
    _title(axes, f"{name}\n{_words(result)}", colour)


def _title(axes: Axes, text: str, colour: str) -> None:
    axes.set_title(text, loc="center", fontsize=8.5, fontweight="normal", color=colour)


def _words(result: Mapping[str, Any]) -> str:
    reasons = ", ".join(result["reasons"]).replace("_", " ")
    confidence = result["confidence"]
    if confidence is None:
        return f"{result['verdict']}\n{reasons}"
    sure = f"{result['verdict']}, confidence {confidence:.2f}"
    thresholds = Thresholds.model_validate(result["thresholds"])
    p = f"P(fake) {thresholds.text(result['fake_probability'], 2)}"
    return "\n".join([sure, fill(f"{p}, {reasons}" if reasons else p, _WIDEST + 5)])


def _outline(axes: Axes, box: Sequence[float], shape: tuple[int, ...], colour: str) -> None:
    """The face box: fractions of the frame's sides to pixels."""
    height, width = shape[:2]
    left, top, wide, high = box
    corner, size = (left * width, top * height), (wide * width, high * height)
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=2))
