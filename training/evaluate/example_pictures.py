"""Pictures made in code, for a first look without data."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 256
_SEED = 3


def write_examples(folder: Path, portrait: NDArray[np.uint8]) -> list[Path]:
    """A portrait (h, w, 3) uint8 RGB, three degraded copies of it, and one without a face."""
    folder.mkdir(parents=True, exist_ok=True)
    small = cv2.resize(portrait, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    slope = np.linspace(0, 255, _SIDE, dtype=np.uint8)
    pictures = {
        "portrait.jpg": portrait,
        "blurred.jpg": cv2.GaussianBlur(portrait, (0, 0), 3),
        "small.jpg": small,
        "smoothed.jpg": cv2.bilateralFilter(portrait, 15, 80, 15),
        "no_face.jpg": np.stack([np.tile(slope, (_SIDE, 1))] * 3, axis=2),
    }
    return [_write(folder / name, np.asarray(pixels)) for name, pixels in pictures.items()]


def write_folder(root: Path, portrait: NDArray[np.uint8], pictures: int = 12) -> Path:
    """``test/made/{real,fake}``: shifted portraits, and crude fakes with a pasted mouth.

    They show how an evaluation works; its figures mean nothing.
    """
    rng = np.random.default_rng(_SEED)
    for label in ("real", "fake"):
        folder = root / "test" / "made" / label
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(pictures):
            pixels = _shifted(portrait, rng)
            if label == "fake":
                pixels = _pasted(pixels, rng)
            _write(folder / f"{index:02d}.jpg", pixels)
    return root


def _shifted(portrait: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    left, top = rng.integers(0, 40, 2)
    brighter = portrait[top:, left:] * rng.uniform(0.7, 1.1)
    return np.asarray(np.clip(brighter, 0, 255), np.uint8)


def _pasted(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A rectangle in the middle, mirrored and tinted: the seam of a careless swap."""
    height, width = pixels.shape[:2]
    rows, columns = slice(height // 6, height // 3), slice(width // 3, width // 2)
    tint = rng.uniform(0.8, 1.25, 3)
    changed = pixels.copy()
    changed[rows, columns] = np.clip(changed[rows, columns][:, ::-1] * tint, 0, 255)
    return changed


def _write(file: Path, pixels: NDArray[np.uint8]) -> Path:
    cv2.imwrite(str(file), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return file
