"""``deepfake evaluate``: what a bundle is worth."""


# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

import json
from pathlib import Path

import click

from training.commands import options


@click.command("evaluate")
@options.data
@options.cache
@options.bundle
@click.option("--split", type=click.Choice(["valid", "test"]), default="test", show_default=True)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    type=click.Choice(["tensorflow", "openvino-fp32", "openvino-int8"]),
    help="May be given more than once. Default: every one that the bundle holds.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Figures go here."
)
@click.option("--save", is_flag=True, help="Write the figures into the bundle's model.json.")
def evaluate(
    data_dir: Path,
    cache_dir: Path | None,
    bundle: str | None,
    split: str,
    runtimes: tuple[str, ...],
    json_file: Path | None,
    save: bool,
) -> None:
    """Measure a bundle by source through the code path that serves.

    \b
    Example:
      deepfake evaluate --data ../shared/data --split test --json figures.json
    """
    _evaluate(data_dir, bundle, split, runtimes, json_file, cache_dir, save=save)


def _evaluate(
    data_dir: Path,
    name: str | None,
    split: str,
    runtimes: tuple[str, ...],
    json_file: Path | None,
    cache_dir: Path | None,
    *,
    save: bool = False,
) -> None:
    """Print the figures of a bundle; write them to a file, or into the bundle."""
    from core.bundle import RuntimeName, find_bundle, load_bundle
    from training.data.manifest import Split
    from training.data.reading import read_samples
    from training.evaluation.figures import table
    from training.publish import measure, record

    bundle = load_bundle(find_bundle(name))
    names = [RuntimeName(runtime) for runtime in runtimes] or list(bundle.manifest.artifacts)
    samples = read_samples(data_dir, Split(split), cache_dir)
    reports = measure(bundle, samples, names)
    for runtime, report in reports.items():
        click.echo(f"\n{bundle.manifest.name} on {split}, {runtime}\n{table(report)}")
    if json_file is not None:
        json_file.write_text(json.dumps({"split": split, "runtimes": reports}, indent=2) + "\n")
    if save:
        record(bundle, split, reports)
        click.echo(f"\nwritten into {bundle.path / 'model.json'}")
