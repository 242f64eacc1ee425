"""``deepfake train``: fit a network by a recipe; the same command again continues the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from training.commands import data_options, options
from training.commands.train_head import train_head

if TYPE_CHECKING:
    from training.data.cache import Sample
    from training.data.data_set import DataSet
    from training.recipes import Recipe


def _list_recipes(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from training.recipes import describe, describe_frozen

        click.echo(f"{describe()}\n\n{describe_frozen()}")
        ctx.exit()


@click.command("train")
@click.option("--recipe", "recipe_name", default="faces", show_default=True, help="How to train.")
@click.option(
    "--list-recipes", is_flag=True, is_eager=True, expose_value=False, callback=_list_recipes,
    help="Show the recipes and exit.",
)  # fmt: skip
@data_options.data_sets
@options.cache
@click.option(
    "--out", "run_dir", required=True, type=click.Path(path_type=Path), help="Run folder."
)
@click.option(
    "--set", "settings", multiple=True, metavar="FIELD=VALUE",
    help="Any field of the recipe, as steps=4000, weights=none or augmentation.flip=0. Repeatable.",
)  # fmt: skip
@click.option(
    "--leave-out",
    multiple=True,
    metavar="NAME",
    help="Train without the fakes of this source, generator or kind. Repeatable.",
)
@click.option("--limit", type=click.IntRange(1), help="Pictures at most of a source and class.")
@click.option("--report-every", type=click.IntRange(1), default=20, show_default=True)
def train(
    recipe_name: str,
    data_sets: Sequence[DataSet],
    cache_dir: Path | None,
    run_dir: Path,
    settings: Sequence[str],
    leave_out: Sequence[str],
    limit: int | None,
    report_every: int,
) -> None:
    """Train a network; the same command again continues an interrupted run exactly.

    The run folder gets run.json, history.csv, curve.svg with loss, accuracy and AUC over the
    steps, a checkpoint, and model.keras with the averaged or best weights.
    A recipe with a frozen network computes features, keeps them in the cache, and fits a linear
    head: its run folder gets run.json and head.npz.

    \b
    Example:
      deepfake train --recipe advanced_fine_tune --data faces/ --out runs/first --set epochs=3
      deepfake train --recipe faces --data faces/ --out runs/faces --set steps=4000
      deepfake train --recipe clip_faces --data faces/ --out runs/clip
    """
    from training.data.self_blend import blended_fakes
    from training.fit.pictures import Selection
    from training.recipes import FROZEN_RECIPES, find_recipe, override, parse_settings

    values = parse_settings(settings)
    selection = Selection(data_sets, leave_out, limit, cache_dir=cache_dir)
    if recipe_name in FROZEN_RECIPES:
        train_head(override(FROZEN_RECIPES[recipe_name], values), selection, run_dir)
        return
    recipe = override(find_recipe(recipe_name), values)
    samples, valid = selection.read()
    samples += blended_fakes(samples, per_source=recipe.self_blended, seed=recipe.seed)
    _fit(recipe.planned(len(samples)), samples, valid, run_dir, report_every)


def _fit(
    recipe: Recipe, samples: list[Sample], valid: list[Sample], run_dir: Path, report_every: int
) -> None:
    from training.fit import Run, validator
    from training.fit.backend import import_backend

    import_backend()
    run = Run(recipe, run_dir)
    click.echo(run.describe())
    click.echo(f"pictures: {len(samples)} to train on, {len(valid)} to watch")
    if recipe.mixture is not None:
        click.echo(f"mixture: {recipe.mixture.describe(samples)}")
    if recipe.self_blended:
        click.echo(_told_of_blended(samples))
    if run.finished:
        click.echo(f"this run has ended at step {run.step}: {run_dir}")
        return
    run.note(samples, valid)
    network = run.trainee.network
    validate = validator(valid, network, size=recipe.size, margin=recipe.margin) if valid else None
    run.fit(samples, validate=validate, report_every=report_every, show=click.echo)
    click.echo(f"done: {run_dir}")


def _told_of_blended(samples: Sequence[Sample]) -> str:
    fakes = sum(bool(sample.donors) for sample in samples)
    reals = [sample for sample in samples if not sample.picture.fake]
    found = sum(sample.face_found for sample in reals)
    return (
        f"self-blended: {fakes} fakes, of the {found} of {len(reals)} real pictures in which a "
        "face was found"
    )
