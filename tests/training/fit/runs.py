"""Runs of the tiny network that take a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.training.pictures import tiny_network
from training.data.cache import Sample
from training.data.mixture import Mixture
from training.fit import Run
from training.recipes import Recipe

# Dropout, a schedule, two sizes of picture, an average: all that a resume has to bring back.
RECIPE = Recipe(
    name="tiny",
    network="tiny",
    weights="none",
    size=48,
    early_size=32,
    early_share=0.5,
    steps=12,
    batch_size=8,
    mixture=Mixture(),
    dropout=0.2,
    optimizer="adamw",
    learning_rate=2e-2,
    schedule="cosine",
    warm_up_steps=3,
    weight_decay=1e-2,
    clip_norm=5.0,
    ema=0.8,
    validate_every=6,
)


def make_run(folder: Path, **changes: Any) -> Run:
    """A run of the tiny network by :data:`RECIPE` with some fields changed."""
    recipe = Recipe.model_validate({**dict(RECIPE), **changes})
    return Run(recipe, folder, network=tiny_network())


def fit(run: Run, samples: Sequence[Sample], **options: Any) -> list[str]:
    """Fit with a report and a checkpoint every 3 steps; returns the lines shown."""
    lines: list[str] = []
    run.fit(
        samples, **{"report_every": 3, "checkpoint_every_s": 0.0, "show": lines.append, **options}
    )
    return lines
