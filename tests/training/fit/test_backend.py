"""The same recipe on every backend of Keras that is installed, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from training.fit import AVERAGED, backend
from training.fit.backend import dtype_policy, precision_of
from training.fit.history import read
from training.recipes import find_recipe

keras = pytest.importorskip("keras")
ROOT = Path(__file__).parents[3]
BACKENDS = [
    pytest.param(
        name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")
    )
    for name in (backend.TENSORFLOW, backend.JAX, backend.TORCH)
]


def run_child(keras_backend: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, "KERAS_BACKEND": keras_backend},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(600)  # a child imports a library or two, and JAX compiles twice
@pytest.mark.parametrize("name", BACKENDS)
def test_a_recipe_trains_resumes_and_says_on_what(
    name: str, data_dir: Path, tmp_path: Path
) -> None:
    folders = map(str, (tmp_path, data_dir, tmp_path / "cache"))
    child = run_child(name, "-m", "tests.training.fit.on_a_backend", *folders)
    assert child.returncode == 0, child.stderr
    told = json.loads(child.stdout.splitlines()[-1])
    assert f"computes: float32, {name} " in told["told"]
    start = json.loads((tmp_path / "whole" / "run.json").read_text())["starts"][0]
    assert start["backend"] == name
    assert name in start["packages"]
    assert _history(tmp_path / "whole") == _history(tmp_path / "parts")
    assert float(_history(tmp_path / "whole")[-1]["valid_auc"]) > 0.8
    assert _logit_here(tmp_path / "whole" / AVERAGED) == pytest.approx(told["logit"], abs=1e-3)


def _history(folder: Path) -> list[dict[str, str]]:
    return [{name: row[name] for name in row if name != "images_per_s"} for row in read(folder)]


def _logit_here(file: Path) -> float:
    """What the network says of a grey picture in this process, whose backend is another."""
    model = keras.saving.load_model(file, compile=False)
    return float(np.array(model.predict_on_batch(np.zeros((1, 48, 48, 3), np.float32)))[0, 0])


@pytest.mark.parametrize("wanted", ["openvino", "abacus"])
def test_a_backend_that_cannot_train_is_named_with_those_that_can(wanted: str) -> None:
    child = run_child(wanted, "-c", "import training.fit.backend as b; b.import_backend()")
    told = child.stderr.splitlines()[-1]
    assert "ConfigurationError: Keras cannot " in told, child.stderr
    assert wanted in told
    assert "Set KERAS_BACKEND to one that is installed of tensorflow, jax, torch" in told


keras = pytest.importorskip("keras")


def test_auto_is_float16_where_a_gpu_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = find_recipe("advanced_fine_tune")
    monkeypatch.setattr(backend, "gpus", list)
    assert precision_of(recipe) == "float32"
    monkeypatch.setattr(backend, "gpus", lambda: ["NVIDIA H100"])
    assert precision_of(recipe) == "mixed_float16"
    asked = recipe.model_copy(update={"precision": "mixed_bfloat16"})
    assert precision_of(asked) == "mixed_bfloat16"


def test_the_policy_of_the_process_comes_back_after_an_error() -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError, match="half way, in float16"):
        _fail_inside()
    assert keras.config.dtype_policy().name == before


def _fail_inside() -> None:
    with dtype_policy("mixed_float16"):
        raise RuntimeError(f"half way, in {keras.layers.Dense(1).compute_dtype}")
