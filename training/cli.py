"""``python -m training …``: fit, export and evaluate."""

# ruff: noqa: PLC0415, PLR0913, PLR0917 - --help must be quick; an option is a parameter

from __future__ import annotations

from pathlib import Path

import click

DATA = click.option(
    "--data",
    "data_dir",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with {train,valid,test}/<source>/{real,fake}/.",
)
CACHE = click.option(
    "--cache",
    "cache_dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where face boxes are kept between runs. Default: the user's cache folder.",
)


@click.group()
def training() -> None:
    """Train, export and evaluate detectors.

    \b
    python -m training fit --data DATA --run RUN
    python -m training export --data DATA --run RUN --bundle models/NAME
    python -m training evaluate --data DATA --bundle models/NAME --split test
    """


@training.command()
@DATA
@CACHE
@click.option(
    "--run", "run_dir", required=True, type=click.Path(path_type=Path), help="Run folder."
)
@click.option("--steps", default=2000, show_default=True, help="Optimizer steps.")
@click.option("--size", default=192, show_default=True, help="Side of the crops, px.")
@click.option("--early-size", default=160, show_default=True, help="Side in the early steps, px.")
@click.option(
    "--early-share", default=0.45, show_default=True, help="Share of the steps at --early-size."
)
@click.option("--freeze", "freeze_blocks", default=3, show_default=True, help="Blocks kept as is.")
@click.option("--freeze-norm", is_flag=True, help="Keep BatchNormalization as it is: faster.")
@click.option("--learning-rate", default=5e-4, show_default=True)
@click.option("--batch-size", default=32, show_default=True)
@click.option(
    "--weights", default="imagenet", show_default=True, help="imagenet, none, or a weights file."
)
@click.option("--seed", default=7, show_default=True)
def fit(
    data_dir: Path,
    cache_dir: Path | None,
    run_dir: Path,
    steps: int,
    size: int,
    early_size: int,
    early_share: float,
    freeze_blocks: int,
    freeze_norm: bool,
    learning_rate: float,
    batch_size: int,
    weights: str,
    seed: int,
) -> None:
    """Train a network; the same command again continues an interrupted run exactly.

    \b
    python -m training fit --data ../shared/data --run /tmp/run --steps 2000
    """
    from training.commands import run_fit
    from training.recipe import Recipe

    recipe = Recipe(
        weights=weights,
        size=size,
        early_size=early_size,
        early_share=early_share,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        freeze_blocks=freeze_blocks,
        freeze_norm=freeze_norm,
        seed=seed,
    )
    run_fit(recipe, data_dir, run_dir, cache_dir)


@training.command()
@DATA
@CACHE
@click.option(
    "--run", "run_dir", required=True, type=click.Path(exists=True, path_type=Path), help="Run."
)
@click.option(
    "--bundle", "bundle_dir", required=True, type=click.Path(path_type=Path), help="New folder."
)
@click.option("--version", default="1.0.0", show_default=True)
@click.option(
    "--licence", default="not stated", show_default=True, help="Of the weights; see the data's."
)
def export(
    data_dir: Path,
    cache_dir: Path | None,
    run_dir: Path,
    bundle_dir: Path,
    version: str,
    licence: str,
) -> None:
    """Turn a run into a bundle: Keras, OpenVINO FP32 and INT8, calibration, thresholds.

    \b
    python -m training export --data ../shared/data --run /tmp/run --bundle models/mine-v1
    """
    from training.commands import run_export

    run_export(data_dir, run_dir, bundle_dir, cache_dir, version=version, licence=licence)


@training.command()
@DATA
@CACHE
@click.option("--bundle", default=None, help="Name in models/, or a folder. Default: the default.")
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
    python -m training evaluate --data ../shared/data --split test --json figures.json
    """
    from training.commands import run_evaluate

    run_evaluate(data_dir, bundle, split, runtimes, json_file, cache_dir, save=save)


@training.command()
@DATA
@CACHE
@click.option("--bundle", default=None, help="Name in models/, or a folder. Default: the default.")
def gate(data_dir: Path, cache_dir: Path | None, bundle: str | None) -> None:
    """Fail unless a bundle gives the figures on valid that its model.json claims.

    \b
    python -m training gate --data ../shared/data
    """
    from training.commands import run_gate

    run_gate(data_dir, bundle, cache_dir)
