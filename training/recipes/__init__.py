"""How a network is trained: the settings, the recipes that ship, overrides from outside."""

from training.recipes.overrides import override, parse_settings
from training.recipes.recipe import Recipe
from training.recipes.table import RECIPES, describe, find_recipe

__all__ = ["RECIPES", "Recipe", "describe", "find_recipe", "override", "parse_settings"]
