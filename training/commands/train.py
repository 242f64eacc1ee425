"""``deepfake train``: fit a network; the same command again continues the run."""

# ruff: noqa: PLR0913, PLR0917 - an option is a parameter
# ruff: noqa: PLC0415 - --help must be quick: heavy packages are imported where they are used

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from training.commands import options

if TYPE_CHECKING:
    from training.data.cache import Sample
    from training.recipe import Recipe

VALIDATION_LIMIT = 240  # pictures a source and class in the figure shown while training


@click.command("train")
@options.data
@options.cache
@click.option(
    "--out", "run_dir", required=True, type=click.Path(path_type=Path), help="Run folder."
)
@click.option("--steps", default=2000, show_default=True, help="Optimizer steps.")
@click.option("--size", default=192, show_default=True, help="Side of the crops, px.")
@click.option("--early-size", default=160, show_default=True, help="Side in the early steps, px.")
@click.option(
    "--early-share", default=0.45, show_default=True, help="Share of the steps at --early-size."
)
@click.option(
    "--freeze", "freeze_until", default=26, show_default=True, help="First layers kept as is."
)
@click.option("--freeze-norm", is_flag=True, help="Keep BatchNormalization as it is: faster.")
@click.option("--learning-rate", default=5e-4, show_default=True)
@click.option("--batch-size", default=32, show_default=True)
@click.option(
    "--weights", default="imagenet", show_default=True, help="imagenet, none, or a weights file."
)
@click.option("--seed", default=7, show_default=True)
def train(
    data_dir: Path,
    cache_dir: Path | None,
    run_dir: Path,
    steps: int,
    size: int,
    early_size: int,
    early_share: float,
    freeze_until: int,
    freeze_norm: bool,
    learning_rate: float,
    batch_size: int,
    weights: str,
    seed: int,
) -> None:
    """Train a network; the same command again continues an interrupted run exactly.

    \b
    Example:
      deepfake train --data ../shared/data --out /tmp/run --steps 2000
    """
    from training.recipe import Recipe

    recipe = Recipe(
        weights=weights,
        size=size,
        early_size=early_size,
        early_share=early_share,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        freeze_until=freeze_until,
        freeze_norm=freeze_norm,
        seed=seed,
    )
    _fit(recipe, data_dir, run_dir, cache_dir)


def _fit(recipe: Recipe, data_dir: Path, run_dir: Path, cache_dir: Path | None) -> None:
    """Train on ``train`` without its held-out groups; watch ``valid``."""
    from training.data.manifest import Split, hold_out, read_pictures
    from training.data.reading import read_samples, with_faces
    from training.fit import Run, validator

    kept, held = hold_out(read_pictures(data_dir, Split.TRAIN))
    watched = read_samples(data_dir, Split.VALID, cache_dir)
    watched += with_faces(held, cache_dir)
    valid = _first_of_each(watched)
    samples = with_faces(kept, cache_dir)
    click.echo(f"{len(samples)} pictures to train on, {len(held)} held out, {len(valid)} to watch")
    run = Run(recipe, run_dir)
    if run.step:
        click.echo(f"continuing at step {run.step}")
    run.fit(samples, validate=validator(valid, run.network, size=recipe.size))
    click.echo(f"done: {run_dir}")


def _first_of_each(samples: list[Sample]) -> list[Sample]:
    taken: dict[tuple[str, bool], int] = {}
    chosen = []
    for sample in samples:
        kind = (sample.picture.source, sample.picture.fake)
        taken[kind] = taken.get(kind, 0) + 1
        if taken[kind] <= VALIDATION_LIMIT:
            chosen.append(sample)
    return chosen
