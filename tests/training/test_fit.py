from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.pictures import tiny_network
from training.data.batches import Mixture
from training.data.cache import Sample
from training.fit import HISTORY, Run, validator
from training.recipe import Recipe

pytest.importorskip("tensorflow")

RECIPE = Recipe(
    network="tiny",
    weights="none",
    size=48,
    early_size=32,
    early_share=0.5,
    steps=12,
    batch_size=8,
    learning_rate=2e-2,
    warm_up_steps=3,
    freeze_until=0,
    ema=0.8,
    mixture=Mixture(paired_share=0.5),
)


def _run(folder: Path, recipe: Recipe = RECIPE) -> Run:
    return Run(recipe, folder, network=tiny_network())


def _fit(run: Run, samples: list[Sample], stop_after: int | None = None) -> None:
    run.fit(samples, stop_after=stop_after, out=io.StringIO())


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    samples: list[Sample], tmp_path: Path
) -> None:
    whole = _run(tmp_path / "whole")
    _fit(whole, samples)
    _fit(_run(tmp_path / "parts"), samples, stop_after=5)
    resumed = _run(tmp_path / "parts")
    assert resumed.step == 5
    _fit(resumed, samples)
    for one, two in zip(whole.model.variables, resumed.model.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-3, atol=1e-5)
    for one, two in zip(whole.average, resumed.average, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-5)


def test_the_averaged_network_learns_to_see_stripes(samples: list[Sample], tmp_path: Path) -> None:
    from dataclasses import replace

    run = _run(tmp_path, replace(RECIPE, steps=60, early_share=0.0))
    validate = validator(samples, run.network, size=48)
    run.fit(samples, validate=validate, validate_every=30, out=io.StringIO())
    assert validate(run.averaged_model()) > 0.9
    with (tmp_path / HISTORY).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[-1]["step"] == "60"
    assert float(rows[-1]["valid_auc"]) > 0.9


def test_another_recipe_cannot_continue_a_run(samples: list[Sample], tmp_path: Path) -> None:
    from dataclasses import replace

    _fit(_run(tmp_path), samples, stop_after=1)
    with pytest.raises(ConfigurationError, match="another recipe"):
        _run(tmp_path, replace(RECIPE, seed=8))


def test_the_saved_network_carries_no_optimizer(samples: list[Sample], tmp_path: Path) -> None:
    import keras

    run = _run(tmp_path)
    _fit(run, samples, stop_after=2)
    model = keras.saving.load_model(tmp_path / "model.keras")
    assert getattr(model, "optimizer", None) is None
    assert model.input_shape == (None, 48, 48, 3)
