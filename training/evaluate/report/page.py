"""Writes an evaluation into a folder: ``metrics.json``, ``plots/`` and ``report.html``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.model.runtimes import choose
from training.evaluate.evaluation import Evaluation
from training.evaluate.plots.gallery import draw_all, save_all
from training.evaluate.plots.style import inline
from training.evaluate.report.caveats import caveats
from training.evaluate.report.mistakes import worst_mistakes

TEMPLATE = "report.html.j2"


def write_report(evaluation: Evaluation, folder: Path, *, pictures: bool) -> Path:
    """Write everything and return the page; without ``pictures`` nothing of the data is shown."""
    folder.mkdir(parents=True, exist_ok=True)
    document = evaluation.document
    (folder / "metrics.json").write_text(json.dumps(document, indent=1) + "\n")
    drawn = save_all(
        draw_all(
            evaluation.scores,
            evaluation.report,
            evaluation.bundle.manifest.thresholds,
            document["robustness"],
        ),
        folder / "plots",
    )
    page = folder / "report.html"
    page.write_text(_render(evaluation, drawn, pictures=pictures), encoding="utf-8")
    return page


def _render(evaluation: Evaluation, drawn: dict[str, str], *, pictures: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "figure": figure, "interval": interval}
    bundle = evaluation.bundle
    return environment.get_template(TEMPLATE).render(
        manifest=bundle.manifest,
        document=evaluation.document,
        report=evaluation.report,
        serving=evaluation.runtime == choose(bundle),
        # Our own SVG of our own plots: no text of the data is in it but names of sources.
        plots={name: Markup(inline(svg, name)) for name, svg in drawn.items()},  # noqa: S704
        mistakes=worst_mistakes(evaluation) if pictures else None,
        caveats=caveats(bundle, evaluation.document, evaluation.report),
    )


def figure(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def percent(value: float | None) -> str:
    """Per cent with one decimal, or a dash."""
    return "-" if value is None else f"{100 * value:.1f} %"


def interval(values: dict[str, Any], name: str, *, shares: bool = False) -> str:
    """The interval of a figure as ``0.912 - 0.930``; empty where there is none."""
    pair = values["intervals"].get(name)
    if pair is None:
        return ""
    low, high = pair
    return f"{100 * low:.1f} - {100 * high:.1f} %" if shares else f"{low:.3f} - {high:.3f}"
