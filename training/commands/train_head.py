"""The part of ``deepfake train`` that fits a head to a network which stays as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from training.fit.pictures import Selection
    from training.recipes import FrozenRecipe


def train_head(recipe: FrozenRecipe, selection: Selection, run_dir: Path) -> None:
    """Compute what features are missing, fit the head and write the run."""
    from training.data.reading import cache_folder, with_faces
    from training.data.self_blend import blended_fakes
    from training.frozen.run import Run
    from training.frozen.store import FeatureStore
    from training.frozen.towers import find_tower

    limit = min(selection.limit or recipe.per_source, recipe.per_source)
    tower = find_tower(recipe.network)(None)
    kept, _ = replace(selection, limit=limit).pictures()
    samples = with_faces(kept, selection.cache_dir)
    samples += blended_fakes(samples, per_source=recipe.self_blended, seed=recipe.seed)
    run = Run(recipe, run_dir)
    click.echo(run.describe(tower))
    click.echo(f"pictures: {len(samples)}; mixture: {recipe.mixture.describe(samples)}")
    if run.finished:
        click.echo(f"this run has ended: {run_dir}")
        return
    store = FeatureStore(cache_folder(selection.cache_dir), tower.key)
    run.fit(tower, samples, store, show=click.echo)
    click.echo(f"done: {run_dir}")
