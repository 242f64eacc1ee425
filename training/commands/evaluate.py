"""``deepfake evaluate``: what a bundle is worth."""

# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.commands import data_options, options

if TYPE_CHECKING:
    from training.data.cache import Sample
    from training.data.data_set import DataSet
    from training.evaluate.evaluation import Evaluation

_PER_CELL = 20


@click.command("evaluate")
@data_options.data_sets
@data_options.real_names
@data_options.fake_names
@options.cache
@options.bundle
@click.option(
    "--split",
    type=click.Choice(["valid", "test", "all"]),
    default="test",
    show_default=True,
    help="all takes every picture, for data that was never trained on.",
)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    type=click.Choice(["tensorflow", "openvino-fp32", "openvino-int8"]),
    help="May be given more than once. Default: every one that the bundle holds.",
)
@click.option(
    "--out",
    "report_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="REPORT",
    help="Folder for report.html, metrics.json and plots/.",
)
@click.option(
    "--pictures/--no-pictures",
    default=True,
    show_default=True,
    help="Show the worst mistakes as pictures; without, the report holds nothing of the data.",
)
@click.option(
    "--robustness/--no-robustness",
    default=None,
    help="Measure degraded pictures too. Default: when there is --out.",
)
@click.option(
    "--sample",
    "per_cell",
    type=click.IntRange(min=0),
    default=_PER_CELL,
    show_default=True,
    help="Pictures of each source and class for the robustness; 0 takes all, which is slow.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Figures go here."
)
@click.option("--save", is_flag=True, help="Write the figures into the bundle's model.json.")
def evaluate(split: str, bundle: str | None, **choices: Any) -> None:
    """Measure a bundle by source and generator through the code path that serves.

    Prints a table. With --out, also the clips in the folder videos/{real,fake,noface} of the data
    and the robustness are measured, and a report for people and one for machines are written.

    \b
    Examples:
      deepfake evaluate --data ../shared/data --out /tmp/report
      deepfake evaluate --data ../shared/data --runtime openvino-int8 --json figures.json
      deepfake evaluate --data ../shared/data --out docs/evaluation/mine --no-pictures
      deepfake evaluate --data theirs=faces/ --data ours=faces.csv --split all
    """
    from training.evaluate.text_table import table

    evaluation = _measure(split, bundle, **choices)
    name = evaluation.bundle.manifest.name
    for runtime, report in evaluation.document["runtimes"].items():
        click.echo(f"\n{name} on {split}, {runtime}\n{table(report)}")
    _write(evaluation, split, **choices)


def _measure(
    split: str,
    bundle: str | None,
    *,
    data_sets: Sequence[DataSet],
    runtimes: tuple[str, ...],
    report_dir: Path | None,
    robustness: bool | None,
    per_cell: int,
    **of_pictures: Any,
) -> Evaluation:
    from core.model.bundle import RuntimeName, find_bundle, load_bundle
    from training.evaluate.evaluation import Plan, evaluate

    loaded = load_bundle(find_bundle(bundle))
    wanted = robustness if robustness is not None else report_dir is not None
    plan = Plan(
        runtimes=[RuntimeName(name) for name in runtimes] or list(loaded.manifest.artifacts),
        robustness_per_cell=per_cell if wanted else None,
        videos=report_dir is not None,
    )
    samples = _read(split, data_sets, **of_pictures)
    return evaluate(loaded, samples, plan, data=data_sets, split=split)


def _read(
    split: str,
    data_sets: Sequence[DataSet],
    *,
    real_names: Sequence[str],
    fake_names: Sequence[str],
    cache_dir: Path | None,
    **_: Any,
) -> list[Sample]:
    from training.data.classes import ClassNames
    from training.data.reading import read_samples

    classes = ClassNames.of(real_names, fake_names)
    return read_samples(data_sets, data_options.split_of(split), cache_dir, classes)


def _write(
    evaluation: Evaluation,
    split: str,
    *,
    report_dir: Path | None,
    pictures: bool,
    json_file: Path | None,
    save: bool,
    **_: Any,
) -> None:
    """Files, and claims in the bundle, where they are asked for."""
    if json_file is not None:
        json_file.write_text(json.dumps(evaluation.document, indent=1) + "\n")
    if report_dir is not None:
        from training.evaluate.report.page import write_report

        click.echo(f"\n{write_report(evaluation, report_dir, pictures=pictures)}")
    if save:
        from training.evaluate.claims import claims_of
        from training.export.publish import record

        reports = evaluation.document["runtimes"]
        claims = {name: claims_of(report) for name, report in reports.items()}
        before = evaluation.bundle.manifest.metrics.get(split, {})
        record(evaluation.bundle, split, {**before, **claims})
        click.echo(f"\nwritten into {evaluation.bundle.path / 'model.json'}")
