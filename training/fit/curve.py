"""The learning curve of a run: loss, accuracy and AUC over its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.evaluate.plots.style import FAKE, HEIGHT_IN, NEITHER, REAL, STYLE, WIDTH_IN, to_svg

_Rows = Sequence[Mapping[str, str]]


def learning_curve(rows: _Rows) -> str:
    """An SVG document of the rows of a history, oldest first, as ``history.read`` gives them."""
    with rc_context(STYLE):
        figure = Figure(figsize=(2 * WIDTH_IN, HEIGHT_IN), layout="constrained")
        losses, shares = figure.subplots(1, 2)
        _draw(losses, rows, "Loss", (("loss", "training", REAL), ("valid_loss", "valid", FAKE)))
        _draw(
            shares,
            rows,
            "Accuracy and AUC",
            (
                ("accuracy", "accuracy, training", REAL),
                ("valid_accuracy", "accuracy, valid", FAKE),
                ("valid_auc", "AUC, valid", NEITHER),
            ),
        )
    return to_svg(figure)


def _draw(axes: Axes, rows: _Rows, title: str, columns: Sequence[tuple[str, str, str]]) -> None:
    axes.set_title(title)
    axes.set_xlabel("step")
    for column, label, colour in columns:
        # Validation has a value in some rows only; a history from before a column has none.
        points = [(int(row["step"]), float(row[column])) for row in rows if row.get(column)]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=label, marker=".")
    axes.legend()
