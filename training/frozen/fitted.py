"""A head and the tower that it was fitted to, as an export needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.frozen.head import LinearHead


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run left: of one that fitted a head alone, or of one that tuned the tower too."""

    network: str  # of those in training/frozen/towers.py
    margin: float  # around the face, of its longer side
    head: LinearHead
    tower_key: str
    pictures: dict[str, dict[str, int]]  # trained on, by source and class
    norms: Path | None = None  # the file of tuned normalizations
