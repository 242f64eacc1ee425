from __future__ import annotations

import pytest

from training.fit.optimizers import build_optimizer, build_schedule, learning_rate_at
from training.recipes import Recipe, find_recipe

pytest.importorskip("tensorflow")


def _rates(recipe: Recipe, *steps: int) -> list[float]:
    schedule = build_schedule(recipe)
    return [learning_rate_at(schedule, step) for step in steps]


def test_the_frozen_base_decays_exponentially_from_1e_5() -> None:
    rates = _rates(find_recipe("frozen_base"), 0, 1000, 2000)
    assert rates == pytest.approx([1e-5, 0.96e-5, 0.96**2 * 1e-5], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "rate"), [("first_fine_tune", 1e-6), ("advanced_fine_tune", 1e-4)]
)
def test_the_fine_tunings_keep_their_rate(name: str, rate: float) -> None:
    assert _rates(find_recipe(name), 0, 5000) == [rate, rate]
    optimizer = build_optimizer(find_recipe(name))
    assert type(optimizer).__name__ == "Adam"
    assert float(optimizer.learning_rate) == pytest.approx(rate)


def test_the_cosine_warms_up_and_falls_to_nothing() -> None:
    recipe = find_recipe("faces").model_copy(update={"steps": 300, "warm_up_steps": 100})
    rates = _rates(recipe, 0, 50, 100, 200, 300)
    assert rates == pytest.approx([5e-6, 2.525e-4, 5e-4, 2.5e-4, 0.0], rel=1e-4, abs=1e-9)


def test_a_cosine_without_warm_up_starts_at_its_peak() -> None:
    recipe = find_recipe("faces").model_copy(update={"steps": 100, "warm_up_steps": 0})
    assert _rates(recipe, 0, 50) == pytest.approx([5e-4, 2.5e-4], rel=1e-4)


def test_weight_decay_is_for_kernels_alone() -> None:
    import keras

    optimizer = build_optimizer(find_recipe("faces"))
    dense = keras.layers.Dense(1)
    dense.build((None, 2))
    assert optimizer.weight_decay == pytest.approx(find_recipe("faces").weight_decay)
    optimizer.build(dense.trainable_variables)
    decays = {v.name: optimizer._use_weight_decay(v) for v in dense.trainable_variables}
    assert decays == {"kernel": True, "bias": False}
