from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigurationError
from tests.training.fit.runs import fit, make_run
from training.data.cache import Sample
from training.fit import AVERAGED, Run, checkpoint, validator
from training.fit.history import read

pytest.importorskip("tensorflow")
# Pictures of one size: each other one is another graph to trace.
BRIEF: dict[str, Any] = {"steps": 3, "early_share": 0.0}


def test_the_averaged_network_learns_to_see_stripes(samples: list[Sample], tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=60, early_share=0.0, validate_every=30)
    validate = validator(samples, run.trainee.network, size=48, margin=0.3)
    lines = fit(run, samples, validate=validate, report_every=20)
    assert validate(run.trainee.averaged_model()).auc > 0.9
    rows = read(tmp_path)
    assert [row["step"] for row in rows] == ["20", "40", "60"]
    assert [bool(row["valid_auc"]) for row in rows] == [False, True, True]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert float(rows[-1]["accuracy"]) > 0.6
    assert "step 60/60  48 px  loss" in lines[-1]


def test_another_recipe_cannot_continue_a_run(samples: list[Sample], tmp_path: Path) -> None:
    fit(make_run(tmp_path, steps=3), samples)
    with pytest.raises(ConfigurationError, match=r"seed \(7 there, 8 here\)"):
        make_run(tmp_path, steps=3, seed=8)


def test_the_saved_network_is_the_average_without_optimizer(
    samples: list[Sample], tmp_path: Path
) -> None:
    import keras

    run = make_run(tmp_path, **BRIEF)
    fit(run, samples)
    model = keras.saving.load_model(tmp_path / AVERAGED)
    assert getattr(model, "optimizer", None) is None
    assert model.input_shape == (None, 48, 48, 3)
    for saved, average in zip(model.get_weights(), run.trainee.averaged_weights(), strict=True):
        assert np.array_equal(saved, average)
    assert not np.array_equal(model.get_weights()[0], run.trainee.model.get_weights()[0])


def test_early_stopping_ends_the_run_with_the_best_weights(
    samples: list[Sample], tmp_path: Path
) -> None:
    import keras

    # A rate that only does harm: the first validation stays the best.
    run = make_run(
        tmp_path, steps=60, schedule="constant", warm_up_steps=0, learning_rate=3.0, ema=0.0,
        validate_every=3, early_stopping=2, clip_norm=None,
    )  # fmt: skip
    validate = validator(samples, run.trainee.network, size=48, margin=0.3)
    fit(run, samples, validate=validate)
    losses = [float(row["valid_loss"]) for row in read(tmp_path)]
    best = int(np.argmin(losses))
    assert run.finished
    assert len(losses) == best + 3 < 20
    model = keras.saving.load_model(tmp_path / AVERAGED)
    assert validate(model).loss == pytest.approx(losses[best], rel=1e-4)
    assert losses[-1] > losses[best]
    again = make_run(tmp_path, **run.recipe.model_dump())
    assert again.finished
    fit(again, samples, validate=validate)
    assert len(read(tmp_path)) == len(losses)


def test_early_stopping_without_validation_is_refused(
    samples: list[Sample], tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="early_stopping=null"):
        fit(make_run(tmp_path, early_stopping=2), samples)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(
    samples: list[Sample], tmp_path: Path
) -> None:
    run = make_run(tmp_path, steps=6)
    run.trainee.model.get_layer("logit").bias.assign([np.nan])
    with pytest.raises(ConfigurationError, match=r"loss is nan between steps 0 and 3.*0\.02"):
        fit(run, samples)
    assert checkpoint.load(tmp_path) is None


def test_validation_of_one_class_is_refused(samples: list[Sample], tmp_path: Path) -> None:
    real = [sample for sample in samples if not sample.picture.fake]
    with pytest.raises(ConfigurationError, match="12 real and 0 fake"):
        validator(real, make_run(tmp_path).trainee.network, size=48, margin=0.3)


def _changed(run: Run, samples: list[Sample]) -> set[str]:
    """The kinds of layers that three steps change."""
    layers = {type(layer).__name__: layer for layer in run.trainee.model.layers if layer.weights}
    before = {kind: layer.get_weights() for kind, layer in layers.items()}
    fit(run, samples)
    return {
        kind
        for kind, layer in layers.items()
        if any(
            not np.array_equal(*pair)
            for pair in zip(before[kind], layer.get_weights(), strict=True)
        )
    }


def test_frozen_layers_stay_as_they_are_with_their_statistics(
    samples: list[Sample], tmp_path: Path
) -> None:
    frozen = make_run(tmp_path / "frozen", **BRIEF, freeze_until="all")
    assert _changed(frozen, samples) == {"Dense"}
    norm = make_run(tmp_path / "norm", **BRIEF, freeze_norm=True)
    assert _changed(norm, samples) == {"Conv2D", "Dense"}
    everything = make_run(tmp_path / "everything", **BRIEF)
    assert _changed(everything, samples) == {"Conv2D", "BatchNormalization", "Dense"}


def test_class_weights_change_the_loss(samples: list[Sample], tmp_path: Path) -> None:
    losses = []
    for name, weights in (("plain", None), ("doubled", (2.0, 2.0))):
        run = make_run(tmp_path / name, **BRIEF, class_weights=weights, learning_rate=1e-9)
        fit(run, samples)
        losses.append(float(read(tmp_path / name)[0]["loss"]))
    assert losses[1] == pytest.approx(2 * losses[0], rel=1e-3)


def test_mixed_precision_keeps_variables_and_logits_in_float32(
    samples: list[Sample], tmp_path: Path
) -> None:
    run = make_run(tmp_path, **BRIEF, precision="mixed_float16")
    model = run.trainee.model
    assert {variable.dtype for variable in model.weights} == {"float32"}
    assert model.layers[1].compute_dtype == "float16"
    assert model.output.dtype == "float32"
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    fit(run, samples)
    assert np.isfinite(float(read(tmp_path)[0]["loss"]))
    assert {layer.compute_dtype for layer in run.trainee.averaged_model().layers} == {"float32"}


def test_the_run_says_what_it_was_made_of(samples: list[Sample], tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=3)
    run.note(samples, samples[:4])
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["recipe"]["learning_rate"] == 0.02
    assert told["classes"] == {"0": "real", "1": "fake"}
    assert told["pictures"]["train"]["dfdc"] == {"real": 6, "fake": 6}
    start = told["starts"][0]
    assert start["weights"].startswith("weights: none")
    assert {"tensorflow", "keras", "numpy"} <= set(start["packages"])
    assert start["precision"] == "float32"


def test_a_checkpoint_is_written_by_time_and_at_the_end(
    samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    run = make_run(tmp_path, steps=12)
    monkeypatch.setattr(checkpoint, "save", lambda _folder, state: saved.append(state.step))
    now = iter(range(0, 10_000, 40))  # each look at the clock is 40 s after the one before
    fit(run, samples, report_every=1, checkpoint_every_s=250.0, clock=lambda: float(next(now)))
    assert saved[-1] == 12
    assert 2 <= len(saved) < 7
