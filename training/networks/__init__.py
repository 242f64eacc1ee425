"""Networks that can be trained, by the name that recipes use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ConfigurationError
from core.preprocess import Scaling
from training.networks import efficientnet_lite0


@dataclass(frozen=True, slots=True)
class Network:
    """How to build a network, fill it with ImageNet weights and freeze its first blocks."""

    name: str
    scaling: Scaling
    build: Callable[..., Any]  # (size | None, *, dropout) -> keras.Model with one logit
    imagenet_path: Callable[[], Path]
    load_imagenet: Callable[[Any, Path], None]
    freeze: Callable[[Any, int], None]
    # First convolutions that INT8 leaves in FP32: see training/EXPERIMENTS.md.
    float_convolutions: int = 0


def registry() -> dict[str, Network]:
    """Every network by name."""
    lite0 = Network(
        name="efficientnet-lite0",
        scaling=Scaling.SIGNED,
        build=efficientnet_lite0.build,
        imagenet_path=efficientnet_lite0.imagenet_path,
        load_imagenet=efficientnet_lite0.load_imagenet,
        freeze=efficientnet_lite0.freeze,
        float_convolutions=9,
    )
    return {lite0.name: lite0}


def find_network(name: str) -> Network:
    """The network of that name; :class:`ConfigurationError` names those there are."""
    networks = registry()
    if name not in networks:
        known = ", ".join(sorted(networks))
        raise ConfigurationError(f"There is no network {name!r}; there are: {known}.")
    return networks[name]
