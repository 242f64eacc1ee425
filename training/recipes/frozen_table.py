"""The recipes that ship for heads on frozen networks."""

from __future__ import annotations

from training.recipes.frozen_recipe import FrozenRecipe
from training.recipes.table import FACES

# A stronger and slower detector than that of `faces`: what CLIP knows of a crop, weighed by one
# layer. The augmented views travel the same ways.
CLIP_FACES = FrozenRecipe(
    name="clip_faces",
    network="clip_vit_b16",
    margin=FACES.margin,
    augmentation=FACES.augmentation,
)

FROZEN_RECIPES = {each.name: each for each in (CLIP_FACES,)}


def describe_frozen() -> str:
    """These recipes as text, one a line."""
    return "\n".join(
        f"{each.name}: a linear head on the frozen {each.network}; {each.per_source} pictures at "
        f"most of a source and class, each seen {1 + each.augmented_views} times"
        for each in FROZEN_RECIPES.values()
    )
