"""``deepfake predict``: pictures with verdict and confidence, as a table and as a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.commands import options

if TYPE_CHECKING:
    from training.evaluate.prediction import Prediction

FAILED_EXIT_CODE = 2  # at least one file could not be judged, as with scan


@click.command("predict")
@click.argument(
    "files", nargs=-1, required=True, metavar="IMAGE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)  # fmt: skip
@options.bundle
@click.option("--runtime", help="Default: the one that serves on a CPU.")
@click.option(
    "--plot", "plot_file", type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the pictures with faces, verdicts and confidence: .png, .svg or .pdf.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line and file.")
def predict(
    files: tuple[Path, ...],
    bundle: str | None,
    runtime: str | None,
    plot_file: Path | None,
    as_json: bool,
) -> None:
    """Show each picture with its verdict and confidence.

    The verdicts are those of deepfake scan, which decodes in a sandbox: take scan for
    files from strangers. Exit code: 0 when every file was judged, 2 when one was not.

    \b
    Examples:
      deepfake predict portrait.jpg
      deepfake predict holiday/*.jpg --plot verdicts.png
      deepfake predict portrait.jpg --json | jq .result.verdict
    """
    from core.faces.detector import load_face_detector
    from core.model.bundle import find_bundle, load_bundle
    from core.model.runtimes import AUTO, load_detector
    from training.evaluate.prediction import predict as judge_files

    detector = load_detector(load_bundle(find_bundle(bundle)), runtime=runtime or AUTO)
    width = max(len(str(file)) for file in files)
    predictions = []
    for prediction in judge_files(files, detector, load_face_detector()):
        click.echo(_as_json(prediction) if as_json else _row(prediction, width))
        predictions.append(prediction)
    if plot_file is not None:
        _plot(predictions, plot_file)
    failed = [prediction for prediction in predictions if prediction.error is not None]
    for prediction in failed:
        click.echo(f"{prediction.file}: {prediction.error}", err=True)
    click.get_current_context().exit(FAILED_EXIT_CODE if failed else 0)


def _as_json(prediction: Prediction) -> str:
    if prediction.error is not None:
        error = {"code": prediction.error.code, "message": prediction.error.message}
        return json.dumps({"file": str(prediction.file), "error": error})
    return json.dumps({"file": str(prediction.file), "result": prediction.result})


def _row(prediction: Prediction, width: int) -> str:
    result = prediction.result
    if result is None:
        return f"{prediction.file!s:<{width}}  failed"
    confidence, p = result["confidence"], result["fake_probability"]
    sure = "" if confidence is None else f"confidence {confidence:.3f}  P(fake) {p:.3f}"
    told = (f"{result['verdict']:<12}", sure, _remark(result))
    return "  ".join([f"{prediction.file!s:<{width}}", *told]).rstrip()


def _remark(result: Mapping[str, Any]) -> str:
    """Why there is no verdict, or how often verdicts like it were wrong where that is known."""
    from core.result import ExpectedError

    if result["reasons"] or result["expected_error"] is None:
        return ", ".join(result["reasons"])
    return ExpectedError.model_validate(result["expected_error"]).sentence()


def _plot(predictions: Sequence[Prediction], file: Path) -> None:
    from training.evaluate.plots.predictions import prediction_grid

    prediction_grid(predictions).savefig(file, dpi=150)
    click.echo(f"plot: {file}", err=True)
