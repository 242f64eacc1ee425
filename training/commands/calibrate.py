"""``deepfake calibrate``: fit a bundle's probabilities and thresholds to data of one's own."""

# ruff: noqa: PLR0913, PLR0917 - an option is a parameter
# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from training.commands import data_options, options

if TYPE_CHECKING:
    from training.data.data_set import DataSet
    from training.export.publish import Published

_method = click.option(
    "--method",
    type=click.Choice(["platt", "temperature"]),
    default="platt",
    show_default=True,
    help="platt fits slope and offset; temperature the slope alone, for few pictures.",
)
_false_positives = click.option(
    "--false-positives",
    default=0.02,
    show_default=True,
    metavar="SHARE",
    help="Of real pictures that may be called fake.",
)
_misses = click.option(
    "--misses",
    default=0.05,
    show_default=True,
    metavar="SHARE",
    help="Of fakes that may be called real; between both thresholds it is inconclusive.",
)


def wanted_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --method, --false-positives and --misses."""
    return _method(_false_positives(_misses(command)))


@click.command("calibrate")
@options.bundle
@data_options.data_sets
@data_options.real_names
@data_options.fake_names
@options.cache
@click.option(
    "--split",
    type=click.Choice(["train", "valid", "test", "all"]),
    default="valid",
    show_default=True,
    help="The pictures to fit to; none that a figure is measured on later.",
)
@click.option(
    "--out",
    "out_dir",
    type=click.Path(path_type=Path),
    help="Write a copy here and leave the bundle as it is.",
)
@click.option(
    "--runtime",
    default="auto",
    show_default=True,
    help="The one to fit: auto, tensorflow, openvino-fp32 or openvino-int8.",
)
@wanted_options
def calibrate(
    bundle: str | None,
    data_sets: Sequence[DataSet],
    real_names: Sequence[str],
    fake_names: Sequence[str],
    cache_dir: Path | None,
    split: str,
    out_dir: Path | None,
    runtime: str,
    method: Literal["platt", "temperature"],
    false_positives: float,
    misses: float,
) -> None:
    """Fit the probabilities and thresholds of a bundle to pictures like yours.

    Only model.json changes, never a weight. Figures that were measured under the old
    calibration are removed from it.

    \b
    Example:
      deepfake calibrate --model models/mine-v1 --data my-faces --out models/mine-v1-here
    """
    from core.model.bundle import find_bundle, load_bundle
    from training.calibrate.calibration import Wanted
    from training.calibrate.recalibrate import dropped_metrics, recalibrate
    from training.data.classes import ClassNames
    from training.data.reading import read_samples

    old = load_bundle(find_bundle(bundle))
    wanted = Wanted(method, false_positives, misses)
    classes = ClassNames.of(real_names, fake_names)
    samples = read_samples(data_sets, data_options.split_of(split), cache_dir, classes)
    where = f"{split} of {', '.join(each.name for each in data_sets)}"
    published = recalibrate(old, samples, wanted, where=where, out=out_dir, runtime=runtime)
    report(published)
    if dropped := dropped_metrics(old):
        click.echo(
            f"Removed with the old calibration: the figures {', '.join(dropped)}. "
            "Measure again with: deepfake evaluate."
        )


def report(published: Published) -> None:
    """Print the reliability table, the calibration and the thresholds."""
    from training.calibrate.reliability import table

    manifest = published.bundle.manifest
    click.echo(table(published.judged))
    if manifest.calibration is not None:
        click.echo(
            f"{manifest.calibration.method}: slope {manifest.calibration.slope:.4f}, "
            f"intercept {manifest.calibration.intercept:.4f}"
        )
    click.echo(
        f"{published.bundle.path}: fake from {manifest.thresholds.fake}, "
        f"real up to {manifest.thresholds.real}"
    )
