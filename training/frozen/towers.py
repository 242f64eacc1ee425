"""The frozen networks that a head can be fitted to, by name."""

# ruff: noqa: PLC0415 - OpenVINO takes a second to import: only where it is used

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from training.frozen.tower import Tower


def _clip() -> Tower:
    from training.networks.clip.tower import load_tower

    return load_tower()


TOWERS: dict[str, Callable[[], Tower]] = {"clip_vit_b16": _clip}


def find_tower(name: str) -> Callable[[], Tower]:
    """What loads the tower of that name; :class:`ConfigurationError` names those there are."""
    if name not in TOWERS:
        raise ConfigurationError(
            f"There is no frozen network {name!r}; there are: {', '.join(TOWERS)}."
        )
    return TOWERS[name]
