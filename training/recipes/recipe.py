"""A training run's settings: typed, frozen, and saved so that a resume cannot differ."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.options import DEFAULT_MARGIN
from training.data.augment import Augmentation
from training.data.mixture import Mixture
from training.networks import Activation, Head

Optimizer = Literal["adam", "adamw"]
Schedule = Literal["constant", "exponential", "cosine"]
Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
_Strength = Annotated[float, Field(gt=0)]


class Settings(BaseModel):
    """What every run is told, of whichever kind."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    network: str
    # Around the face, of its longer side, as validation and the bundle cut it; training's own
    # margins are in the augmentation.
    margin: float = Field(default=DEFAULT_MARGIN, ge=0, le=1)
    seed: int = Field(default=7, ge=0)
    self_blended: int = Field(default=0, ge=0)  # fakes made of reals, at most so many a source
    augmentation: Augmentation = Field(default_factory=Augmentation)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, tuples as lists."""
        return self.model_dump(mode="json")


class FrozenRecipe(Settings):
    """Everything that decides how a head is fitted to a network that stays as it is.

    ``network`` is of those in training/frozen/towers.py.
    """

    per_source: int = Field(default=250, ge=2)  # pictures at most of a source and class
    augmented_views: int = Field(default=1, ge=0)  # of each picture, beside the clean one
    mixture: Mixture = Field(default_factory=Mixture)
    # Factors of half the squared weights, added to the mean cross-entropy; cross-validation
    # takes one of them.
    strengths: tuple[_Strength, ...] = Field(
        default=(0.3, 1.0, 3.0, 10.0, 30.0, 100.0), min_length=1
    )


class Recipe(Settings):
    """Everything that decides how a run goes, apart from the pictures and the machine."""

    weights: str = "imagenet"  # or none, or a file: see training/networks/weights.py
    freeze_until: int | Literal["all"] = 0  # first layers of the base that stay as they are
    freeze_norm: bool = False  # every BatchNormalization infers: 1.8 times the speed on a CPU
    tune_norms: bool = False  # every LayerNormalization trains, of what is frozen too
    activation: Activation | None = None  # of the head's hidden layer, where it has one
    l2: float = Field(default=0.0, ge=0)  # of that layer's weights
    dropout: float = Field(default=0.5, ge=0, lt=1)

    size: int = Field(default=224, ge=32, le=1024)  # px, of the last steps and of the bundle
    early_size: int | None = Field(default=None, ge=32, le=1024)  # px, of the first steps: cheaper
    early_share: float = Field(default=0.0, ge=0, le=1)  # of the steps
    steps: int | None = Field(default=None, ge=1)  # one of steps and epochs is given
    epochs: float | None = Field(default=None, gt=0)
    batch_size: int = Field(default=32, ge=2)
    mixture: Mixture | None = None  # None: every picture once an epoch

    optimizer: Optimizer = "adam"
    learning_rate: float = Field(default=1e-4, gt=0)
    schedule: Schedule = "constant"
    warm_up_steps: int = Field(default=0, ge=0)  # of the cosine
    decay_steps: int = Field(
        default=1000, ge=1
    )  # of the exponential: rate * decay_rate every so many
    decay_rate: float = Field(default=0.96, gt=0, le=1)
    weight_decay: float = Field(default=0.0, ge=0)  # of AdamW, kernels only
    clip_norm: float | None = Field(default=None, gt=0)  # of all gradients together
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    class_weights: tuple[float, float] | Literal["balanced"] | None = None  # (real, fake)
    ema: float = Field(default=0.0, ge=0, lt=1)  # decay of the weight average; 0 keeps none
    precision: Precision = "auto"  # mixed_float16 on a GPU, float32 on a CPU

    validate_every: int | None = Field(default=None, ge=1)  # steps; None: every epoch
    early_stopping: int | None = Field(default=None, ge=1)  # validations without a lower loss

    @model_validator(mode="after")
    def _steps_or_epochs(self) -> Self:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("one of steps and epochs must be given, and not both")
        return self

    @property
    def head(self) -> Head:
        """What the network is built with."""
        return Head(self.dropout, self.activation, self.l2)

    @property
    def total_steps(self) -> int:
        """Steps of the run; ValueError before :meth:`planned`."""
        if self.steps is None:
            raise ValueError("the recipe counts epochs; plan it for a data set first")
        return self.steps

    def planned(self, pictures: int) -> Recipe:
        """The same recipe in steps, where an epoch is so many training pictures."""
        epoch = math.ceil(pictures / self.batch_size)
        steps = self.steps or math.ceil((self.epochs or 0) * epoch)
        every = self.validate_every or epoch
        return self.model_copy(update={"steps": steps, "epochs": None, "validate_every": every})

    @property
    def early_steps(self) -> int:
        """How many of the first steps have crops of ``early_size``."""
        return 0 if self.early_size is None else math.ceil(self.early_share * self.total_steps)

    def size_at(self, step: int) -> int:
        """Side of the crops at a step, px; steps count from 0."""
        early = step < self.early_steps
        return self.early_size if early and self.early_size is not None else self.size

    def ema_at(self, step: int) -> float:
        """Decay of the weight average: short at first, so that it forgets the start."""
        return min(self.ema, (1 + step) / (10 + step))
