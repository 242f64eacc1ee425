"""What a network says of itself, so that recipes, fit and export need no special cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core.errors import ConfigurationError
from core.model.preprocess import Scaling

Activation = Literal["relu", "leaky_relu"]


@dataclass(frozen=True, slots=True)
class Head:
    """The part behind the base that a recipe may choose; a network refuses what it has not."""

    dropout: float = 0.2  # share of units, in [0, 1)
    activation: Activation | None = None  # of the hidden layer, where there is one
    l2: float = 0.0  # factor of the hidden layer's squared weights in the loss


@dataclass(frozen=True, slots=True)
class Network:
    """How to build a network and fill its base with published weights, as a rule ImageNet's."""

    name: str
    scaling: Scaling
    # (side of the picture, None for any; head) → a flat, untrained keras.Model:
    # (n, size, size, 3) float32 -> (n, 1) float32 logits of P(fake)
    build: Callable[[int | None, Head], Any]
    load_imagenet: Callable[[Any], None]
    features: str  # the layer of the last feature map, (n, h, w, channels): the base ends here
    linear_head: bool  # linear after global average pooling: an exact class-activation map
    # First convolutions that INT8 leaves in FP32: see training/EXPERIMENTS.md.
    float_convolutions: int = 0
    published: str = "ImageNet"  # what the published weights were learned of

    def base_layers(self, model: Any) -> list[Any]:
        """The layers up to and with the last feature map, in the order of ``model.layers``."""
        names = [layer.name for layer in model.layers]
        return list(model.layers[: names.index(self.features) + 1])

    def freeze(self, model: Any, until: int | Literal["all"]) -> int:
        """Keep the first ``until`` layers of the base as they are; returns how many.

        A frozen BatchNormalization runs in inference mode: its statistics stay too.
        Raises :class:`ConfigurationError` when the base has fewer layers.
        """
        base = self.base_layers(model)
        count = len(base) if until == "all" else until
        if not 0 <= count <= len(base):
            raise ConfigurationError(
                f"freeze_until is {until}; the base of {self.name} has {len(base)} layers. "
                f"Give 0 to {len(base)}, or all."
            )
        for index, layer in enumerate(model.layers):
            layer.trainable = index >= count
        return count
