"""Faces to take the ranges of INT8 from: one portrait, lit and cut in many ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.e2e.films import portrait

SIDE = 448  # pixels, of 512
SEED = 1


def pictures(folder: Path, count: int) -> Path:
    """JPEGs in a folder; made once."""
    made = folder / "pictures"
    if not made.exists():
        unfinished = folder / "unfinished-pictures"
        unfinished.mkdir(exist_ok=True)
        random = np.random.default_rng(SEED)
        for number in range(count):
            top, left = random.integers(0, portrait().shape[0] - SIDE, 2)
            light = random.uniform(0.4, 1.3, 3)
            pixels = portrait()[top : top + SIDE, left : left + SIDE] * light
            image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
            image.save(unfinished / f"{number:03}.jpg", quality=95)
        unfinished.rename(made)
    return made
