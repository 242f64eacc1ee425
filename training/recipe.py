"""A training run's settings, saved beside its checkpoints so that a resume cannot differ."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from training.data.augment import Augmentation
from training.data.batches import Mixture

# Shares chosen by what each source is for: FFHQ against StyleGAN is the seed's own task;
# the real-only sources are there so that ordinary photographs are not flagged.
FACES = Mixture(
    paired_source="dfdc",
    paired_share=0.45,
    weights={
        "stylegan_ffhq": 3.3,
        "old_gans": 1.6,
        "generated_photos": 1.6,
        "stable_diffusion_21": 1.3,
        "web_faces": 1.3,
        "utkface": 1.0,
        "photoshop": 0.8,
        "lfw": 0.8,
        "small_faces": 0.7,
    },
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides how a run goes, apart from the pictures."""

    network: str = "efficientnet-lite0"
    weights: str = "imagenet"  # or "none", or a path
    size: int = 192  # px, of the bundle's input and of the last steps
    early_size: int = 160  # px, of the first ``early_share`` of the steps: cheaper
    early_share: float = 0.45
    steps: int = 2000
    batch_size: int = 32
    learning_rate: float = 5e-4
    warm_up_steps: int = 100
    weight_decay: float = 1e-2
    label_smoothing: float = 0.05
    dropout: float = 0.2
    freeze_until: int = 26  # layers; the largest maps: a step takes half the time
    freeze_norm: bool = False  # BatchNormalization as it is: 1.8 times the speed on a CPU
    ema: float = 0.995
    seed: int = 7
    mixture: Mixture = FACES
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, tuples as lists."""
        return asdict(self)

    def learning_rate_at(self, step: int) -> float:
        """Linear warm-up, then a cosine to zero; ``step`` counts from 0."""
        if step < self.warm_up_steps:
            return self.learning_rate * (step + 1) / self.warm_up_steps
        done = (step - self.warm_up_steps) / max(1, self.steps - self.warm_up_steps)
        return self.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def size_at(self, step: int) -> int:
        """Side of the crops at a step, px."""
        return self.early_size if step < self.early_share * self.steps else self.size

    def ema_at(self, step: int) -> float:
        """Decay of the weight average: short at first, so that it forgets the start."""
        return min(self.ema, (1 + step) / (10 + step))
