"""``deepfake export``: turn a run into a bundle."""

# ruff: noqa: PLR0913, PLR0917 - an option is a parameter
# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from training.commands import data_options, options
from training.commands.calibrate import report, wanted_options
from training.commands.named_experts import FORMAT, Counts, Expert, of_file, of_run

if TYPE_CHECKING:
    from training.calibrate.calibration import Wanted
    from training.data.data_set import DataSet
    from training.export.publish import Int8
    from training.fit.pictures import Selection


@click.command("export")
@data_options.data_sets
@data_options.real_names
@data_options.fake_names
@options.cache
@click.option(
    "--run",
    "run_dirs",
    multiple=True,
    help="Run. Repeated: experts to combine.",
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--expert",
    "files",
    metavar=FORMAT,
    multiple=True,
    help="A saved network instead of a run, or beside runs; @SIDE enlarges its crops to that, px.",
)
@click.option(
    "--out", "bundle_dir", required=True, type=click.Path(path_type=Path), help="New folder."
)
@click.option("--version", default="1.0.0", show_default=True)
@click.option(
    "--licence", default="not stated", show_default=True, help="Of the weights; see the data's."
)
@click.option(
    "--int8/--no-int8", "with_int8", default=True, show_default=True, help="Add an INT8 export."
)
@click.option(
    "--allow-int8-drop",
    is_flag=True,
    help="Take INT8 even where it loses over 0.5 points of accuracy.",
)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Pictures at most of a source and class that calibrate and measure.",
)
@wanted_options
def export(
    data_sets: Sequence[DataSet],
    real_names: Sequence[str],
    fake_names: Sequence[str],
    cache_dir: Path | None,
    run_dirs: Sequence[Path],
    files: Sequence[str],
    bundle_dir: Path,
    version: str,
    licence: str,
    with_int8: bool,
    allow_int8_drop: bool,
    limit: int,
    method: Literal["platt", "temperature"],
    false_positives: float,
    misses: float,
) -> None:
    """Turn a run into a bundle: Keras, OpenVINO FP32 and INT8, calibration, thresholds.

    Several runs become one network of experts, each trained for its kind of fake: a face is
    fake when one of them has evidence that it is.

    Calibrated on valid and on held-out groups of train, on which also the loss by INT8 is
    measured: over half a point of accuracy nothing is written. Every runtime has to give
    the answers of Keras.

    \b
    Example:
      deepfake export --data ../shared/data --run /tmp/run --out models/mine-v1
      deepfake export --data faces/ --run runs/generated --run runs/swapped --out models/both-v1
      deepfake export --data faces/ --run runs/swapped --out models/larger-v1 \\
        --expert efficientnet_lite0=models/lite0-faces-v6/model.keras:expert_0@448
    """
    from core.model.runtimes.quiet import import_tensorflow
    from training.calibrate.calibration import Wanted
    from training.data.classes import ClassNames
    from training.export.publish import check_new
    from training.fit.pictures import Selection

    if not run_dirs and not files:
        raise click.UsageError("Nothing to export: give --run or --expert.")
    if allow_int8_drop and not with_int8:
        raise click.UsageError("--allow-int8-drop and --no-int8 exclude each other.")
    int8: Int8 = "none" if not with_int8 else "any" if allow_int8_drop else "bounded"
    check_new(bundle_dir)
    wanted = Wanted(method, false_positives, misses)
    classes = ClassNames.of(real_names, fake_names)
    selection = Selection(data_sets, classes, valid_limit=limit, cache_dir=cache_dir)
    import_tensorflow()
    experts = [*map(of_run, run_dirs), *map(of_file, files)]
    _export(selection, experts, bundle_dir, (version, licence), wanted, int8)


def _export(
    selection: Selection,
    experts: Sequence[Expert],
    bundle_dir: Path,
    about: tuple[str, str],
    wanted: Wanted,
    int8: Int8,
) -> None:
    from training.data.reading import with_faces
    from training.export.publish import INT8_CROPS, Origin, publish
    from training.networks.network import in_common

    network = in_common([expert.network for expert in experts])
    kept, watched = selection.pictures()
    samples = with_faces(watched, selection.cache_dir)
    for_int8 = with_faces(kept[:: max(1, len(kept) // INT8_CROPS)], selection.cache_dir)
    version, licence = about
    origin = Origin(version, trained_on(experts), licence)
    published = publish(
        [expert.model for expert in experts],
        network,
        bundle_dir,
        samples,
        origin=origin,
        for_int8=for_int8,
        wanted=wanted,
        int8=int8,
    )
    report(published)
    _report_losses(published.bundle.manifest.metrics)


def _report_losses(metrics: dict[str, Any]) -> None:
    parity = metrics["parity"]["openvino_fp32_logit"]
    click.echo(f"OpenVINO FP32 differs from Keras by at most {parity:.1e} in the logit.")
    if "int8" in metrics:
        loss = metrics["int8"]
        click.echo(
            f"INT8: accuracy {loss['accuracy_fp32']:.4f} -> {loss['accuracy_int8']:.4f}, "
            f"AUC {loss['auc_fp32']:.4f} -> {loss['auc_int8']:.4f} on {loss['pictures']} pictures; "
            f"P(fake) differs by at most {loss['greatest_difference']:.3f}."
        )


def trained_on(experts: Sequence[Expert]) -> str:
    """For ``model.json``: what runs counted, and what is told of the networks of files."""
    counts = _most([expert.pictures for expert in experts])
    cells = [(n, label, source) for source, each in counts.items() for label, n in each.items()]
    counted = ", ".join(f"{n} {label} of {source}" for n, label, source in cells if n)
    told = dict.fromkeys([counted, *(expert.told for expert in experts)])
    return "; ".join(each for each in told if each)


def _most(runs: Sequence[Counts | None]) -> Counts:
    """Pictures of all runs, which were trained on parts of the same data."""
    counts: dict[str, dict[str, int]] = {}
    for each in runs:
        for source, labels in (each or {}).items():
            known = counts.setdefault(source, {})
            for label, number in labels.items():
                known[label] = max(number, known.get(label, 0))
    return counts
