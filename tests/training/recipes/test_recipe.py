from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from training.recipes import Recipe, find_recipe


def _recipe(**fields: object) -> Recipe:
    return Recipe.model_validate({"name": "x", "network": "tiny", "steps": 100, **fields})


def test_the_early_steps_are_small_and_the_last_have_the_size_of_the_bundle() -> None:
    recipe = _recipe(size=176, early_size=144, early_share=0.4)
    assert [recipe.size_at(step) for step in range(100)] == [144] * 40 + [176] * 60
    assert _recipe(size=176).size_at(0) == 176


def test_the_weight_average_forgets_the_start() -> None:
    recipe = _recipe(ema=0.99)
    assert recipe.ema_at(0) == 0.1
    assert recipe.ema_at(10_000) == 0.99


def test_a_recipe_comes_back_from_its_json() -> None:
    recipe = find_recipe("faces")
    text = json.dumps(recipe.to_json())
    assert Recipe.model_validate(json.loads(text)) == recipe
    assert json.loads(text)["mixture"] == {"weights": {}}


def test_epochs_become_steps_of_the_pictures_that_there_are() -> None:
    planned = _recipe(steps=None, epochs=1.5, batch_size=32).planned(100)
    assert (planned.total_steps, planned.validate_every, planned.epochs) == (6, 4, None)
    assert _recipe(validate_every=7).planned(100).validate_every == 7


@pytest.mark.parametrize("fields", [{"epochs": 2}, {"steps": None}])
def test_a_recipe_counts_steps_or_epochs_and_not_both(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="one of steps and epochs"):
        _recipe(**fields)


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        find_recipe("faces").steps = 3
