from __future__ import annotations

import json

import pytest

from training.recipe import Recipe


def test_the_early_steps_are_small_and_the_last_have_the_size_of_the_bundle() -> None:
    recipe = Recipe(steps=100, size=176, early_size=144, early_share=0.4)
    sizes = [recipe.size_at(step) for step in range(100)]
    assert sizes == [144] * 40 + [176] * 60


def test_the_weight_average_forgets_the_start() -> None:
    recipe = Recipe(ema=0.99)
    assert recipe.ema_at(0) == 0.1
    assert recipe.ema_at(10_000) == 0.99


def test_a_recipe_is_plain_json() -> None:
    text = json.dumps(Recipe().to_json())
    assert json.loads(text)["mixture"]["paired_source"] == "dfdc"


def test_the_learning_rate_warms_up_and_falls_to_nothing() -> None:
    recipe = Recipe(steps=12, warm_up_steps=3)
    rates = [recipe.learning_rate_at(step) for step in range(recipe.steps + 1)]
    assert rates[0] < rates[1] < rates[2]
    assert max(rates) == pytest.approx(recipe.learning_rate)
    assert rates[-1] == pytest.approx(0)
