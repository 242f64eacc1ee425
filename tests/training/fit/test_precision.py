from __future__ import annotations

import pytest

from training.fit import backend
from training.fit.precision import dtype_policy, resolve
from training.recipes import find_recipe

keras = pytest.importorskip("keras")


def test_auto_is_float16_where_a_gpu_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = find_recipe("advanced_fine_tune")
    monkeypatch.setattr(backend, "gpus", list)
    assert resolve(recipe) == "float32"
    monkeypatch.setattr(backend, "gpus", lambda: ["NVIDIA H100"])
    assert resolve(recipe) == "mixed_float16"
    asked = recipe.model_copy(update={"precision": "mixed_bfloat16"})
    assert resolve(asked) == "mixed_bfloat16"


def test_the_policy_of_the_process_comes_back_after_an_error() -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(RuntimeError, match="half way, in float16"):
        _fail_inside()
    assert keras.config.dtype_policy().name == before


def _fail_inside() -> None:
    with dtype_policy("mixed_float16"):
        raise RuntimeError(f"half way, in {keras.layers.Dense(1).compute_dtype}")
