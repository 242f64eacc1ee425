"""How a network is trained: the settings, the recipes that ship, overrides from outside."""

from training.recipes.overrides import override, parse_settings
from training.recipes.recipe import FrozenRecipe, Recipe
from training.recipes.table import (
    FROZEN_RECIPES,
    RECIPES,
    describe,
    describe_frozen,
    find_recipe,
)

__all__ = [
    "FROZEN_RECIPES",
    "RECIPES",
    "FrozenRecipe",
    "Recipe",
    "describe",
    "describe_frozen",
    "find_recipe",
    "override",
    "parse_settings",
]
