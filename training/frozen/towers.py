"""The frozen networks that a head can be fitted to, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from training.frozen.tower import Tower


Load: TypeAlias = "Callable[[Path | None], Tower]"
"""From the file of tuned normalizations, or None for the published ones, to the tower."""


def _clip(norms: Path | None) -> Tower:
    from training.networks.clip.norms import Norms
    from training.networks.clip.tower import load_tower

    return load_tower(norms=None if norms is None else Norms.load(norms))


TOWERS: dict[str, Load] = {"clip_vit_b16": _clip}


def find_tower(name: str) -> Load:
    """What loads the tower of that name; :class:`ConfigurationError` names those there are."""
    if name not in TOWERS:
        raise ConfigurationError(
            f"There is no frozen network {name!r}; there are: {', '.join(TOWERS)}."
        )
    return TOWERS[name]
