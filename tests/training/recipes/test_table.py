from __future__ import annotations

from typing import Any

import pytest

from core.errors import ConfigurationError
from training.fit.trainee import layer_counts
from training.networks import find_network
from training.recipes import FROZEN_RECIPES, RECIPES, Recipe, describe, find_recipe


def test_the_seeds_table_is_in_the_recipes() -> None:
    seed = [each for each in RECIPES.values() if each.network == "inception_resnet_v2"]
    table = [
        (each.name, each.freeze_until, each.activation, each.schedule, each.learning_rate)
        for each in seed
    ]
    assert table == [
        ("frozen_base", "all", "leaky_relu", "exponential", 1e-5),
        ("first_fine_tune", 450, "leaky_relu", "constant", 1e-6),
        ("advanced_fine_tune", 450, "relu", "constant", 1e-4),
    ]
    assert [bool(each.early_stopping) for each in seed] == [False, False, True]
    assert all(each.dropout == 0.5 and each.l2 > 0 for each in seed)


def test_every_recipe_is_valid_and_names_a_network() -> None:
    for recipe in RECIPES.values():
        assert Recipe.model_validate(recipe.model_dump()) == recipe
        find_network(recipe.network)


def test_a_recipe_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="'best'") as told:
        find_recipe("best")
    assert all(name in str(told.value) for name in (*RECIPES, *FROZEN_RECIPES))


def test_the_table_can_be_read() -> None:
    lines = describe().splitlines()
    assert len(lines) == 1 + len(RECIPES)
    assert "whole base" in lines[1]
    assert "first 450 layers" in lines[3]
    assert "early stopping after 5" in lines[3]
    assert "base but its normalizations" in lines[5]


@pytest.mark.parametrize(
    ("name", "trainable", "with_weights", "parameters"),
    [
        ("frozen_base", 6, 3, 788_481),  # the head alone
        ("first_fine_tune", 336, 190, 38_344_417),
        ("advanced_fine_tune", 336, 190, 38_344_417),
    ],
)
def test_as_many_layers_train_as_the_recipe_says(
    inception_resnet_v2: Any, name: str, trainable: int, with_weights: int, parameters: int
) -> None:
    recipe = find_recipe(name)
    find_network(recipe.network).freeze(inception_resnet_v2, recipe.freeze_until)
    assert layer_counts(inception_resnet_v2) == {
        "layers": 786,
        "trainable": trainable,
        "trainable_with_weights": with_weights,
        "trainable_parameters": parameters,
    }
