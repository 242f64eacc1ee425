"""The settings of a detector whose network stays as it is: which views, and how the head is fitted.

Typed, frozen, and saved with the run, as those of :class:`training.recipes.recipe.Recipe`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from core.options import DEFAULT_MARGIN
from training.data.augment import Augmentation
from training.data.mixture import Mixture

_Strength = Annotated[float, Field(gt=0)]


class FrozenRecipe(BaseModel):
    """Everything that decides how a head is fitted, apart from the pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    network: str  # of those in training/frozen/towers.py
    # Around the face, of its longer side, as the clean view and the bundle cut it.
    margin: float = Field(default=DEFAULT_MARGIN, ge=0, le=1)
    per_source: int = Field(default=250, ge=2)  # pictures at most of a source and class
    augmented_views: int = Field(default=1, ge=0)  # of each picture, beside the clean one
    self_blended: int = Field(default=0, ge=0)  # fakes made of reals, at most so many a source
    seed: int = Field(default=7, ge=0)
    mixture: Mixture = Field(default_factory=Mixture)
    augmentation: Augmentation = Field(default_factory=Augmentation)
    # Factors of half the squared weights, added to the mean cross-entropy; cross-validation
    # takes one of them.
    strengths: tuple[_Strength, ...] = Field(
        default=(0.3, 1.0, 3.0, 10.0, 30.0, 100.0), min_length=1
    )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, tuples as lists."""
        return self.model_dump(mode="json")
