"""The recipes that ship: three of the seed system, one of a small network, and two of CLIP.

The seed's table gives what is frozen, the activation and the learning rate. It does not give
the factor of L2, the batch size, the decay of the exponential, the number of epochs or the
patience of early stopping: those are choices of this file.
"""

from __future__ import annotations

from core.errors import ConfigurationError
from training.data.augment import Augmentation
from training.data.degrade import Degradation
from training.data.mixture import Mixture
from training.recipes.recipe import FrozenRecipe, Recipe

_SEED = Recipe(
    name="seed",
    network="inception_resnet_v2",
    weights="imagenet",
    size=224,
    dropout=0.5,
    l2=1e-4,
    optimizer="adam",
    batch_size=32,
    epochs=10,
    class_weights="balanced",
)

FROZEN_BASE = _SEED.model_copy(
    update={
        "name": "frozen_base",
        "freeze_until": "all",
        "activation": "leaky_relu",
        "learning_rate": 1e-5,
        "schedule": "exponential",
    }
)
FIRST_FINE_TUNE = _SEED.model_copy(
    update={
        "name": "first_fine_tune",
        "freeze_until": 450,
        "activation": "leaky_relu",
        "learning_rate": 1e-6,
    }
)
ADVANCED_FINE_TUNE = _SEED.model_copy(
    update={
        "name": "advanced_fine_tune",
        "freeze_until": 450,
        "activation": "relu",
        "learning_rate": 1e-4,
        "early_stopping": 5,
    }
)

# The bundled detector: one network from ImageNet weights and the data alone. Kinds of fakes are
# in balance, a real picture stands beside every fake, and both travel the ways of films.
FACES = Recipe(
    name="faces",
    network="efficientnet_lite0",
    weights="imagenet",
    freeze_norm=True,
    dropout=0.3,
    size=224,
    early_size=160,
    early_share=0.5,
    steps=2400,
    batch_size=32,
    mixture=Mixture(),
    self_blended=800,
    augmentation=Augmentation(
        degradation=Degradation(
            rescale=0.4,
            rescale_from=0.35,
            blur=0.2,
            quality=(45, 98),
            still=0.25,
            film=0.35,
            messenger=0.1,
            screen=0.07,
        ),
        compress_crop=0.2,
        margin=(0.05, 0.6),
        erase=0.3,
    ),
    optimizer="adamw",
    learning_rate=5e-4,
    schedule="cosine",
    warm_up_steps=100,
    weight_decay=2e-2,
    clip_norm=5.0,
    label_smoothing=0.05,
    ema=0.998,
    validate_every=600,
)

# The detector of videos: the tower of CLIP with a scale and a shift for each channel tuned, and one
# layer on what its blocks answer. Fakes blended of reals stand for swaps by programs unseen.
CLIP_NORMS = FACES.model_copy(
    update={
        "name": "clip_norms",
        "network": "clip_vit_b16",
        "freeze_until": "all",
        "tune_norms": True,
        "dropout": 0.1,
        "early_size": None,
        "early_share": 0.0,
        "steps": 320,
        "batch_size": 32,
        "self_blended": 120,
        "learning_rate": 1e-3,
        "warm_up_steps": 20,
        "weight_decay": 1e-2,
        "clip_norm": 1.0,
        "label_smoothing": 0.06,
        "ema": 0.98,
        "validate_every": 160,
    }
)

# A stronger and slower detector than that of `faces`: what CLIP knows of a crop, weighed by one
# layer. The augmented views travel the same ways.
CLIP_FACES = FrozenRecipe(
    name="clip_faces",
    network="clip_vit_b16",
    margin=FACES.margin,
    augmentation=FACES.augmentation,
)

_SHIPPED = (FROZEN_BASE, FIRST_FINE_TUNE, ADVANCED_FINE_TUNE, FACES, CLIP_NORMS)
RECIPES = {each.name: each for each in _SHIPPED}
FROZEN_RECIPES = {CLIP_FACES.name: CLIP_FACES}

_COLUMNS = ("recipe", "network", "frozen", "activation", "optimizer, learning rate", "length")


def find_recipe(name: str) -> Recipe:
    """The recipe of that name; :class:`ConfigurationError` names those there are."""
    if name not in RECIPES:
        known = ", ".join([*RECIPES, *FROZEN_RECIPES])
        raise ConfigurationError(f"There is no recipe {name!r}; there are: {known}.")
    return RECIPES[name]


def describe() -> str:
    """The recipes as a table of text, one a line."""
    rows: list[tuple[str, ...]] = [_COLUMNS]
    rows += map(_row, RECIPES.values())
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def describe_frozen() -> str:
    """These recipes as text, one a line."""
    return "\n".join(
        f"{each.name}: a linear head on the frozen {each.network}; {each.per_source} pictures at "
        f"most of a source and class, each seen {1 + each.augmented_views} times"
        for each in FROZEN_RECIPES.values()
    )


def _row(recipe: Recipe) -> tuple[str, ...]:
    frozen = recipe.freeze_until
    base = "base but its normalizations" if recipe.tune_norms else "whole base"
    length = f"{recipe.steps} steps" if recipe.steps else f"{recipe.epochs:g} epochs"
    if recipe.early_stopping:
        length += f", early stopping after {recipe.early_stopping}"
    return (
        recipe.name,
        recipe.network,
        {"all": base, 0: "nothing"}.get(frozen, f"first {frozen} layers"),
        recipe.activation or "-",
        f"{recipe.optimizer}, {recipe.schedule} {recipe.learning_rate:g}",
        length,
    )
