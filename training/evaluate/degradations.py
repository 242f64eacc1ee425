"""What happens to pictures on their way: compression, scaling, blur, noise.

Each takes (h, w, 3) uint8 RGB and a level, and gives uint8 RGB again. The whole picture is
degraded, as a messenger or a screenshot would, before anything looks for a face in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from training.data.compress import Pixels, jpeg

NOISE_SEED = 11


@dataclass(frozen=True, slots=True)
class Degradation:
    """One way in which pictures get worse; ``levels`` go from harmless to severe."""

    name: str
    title: str
    levels: tuple[float, ...]
    clean: float  # the level at which nothing happens
    apply: Callable[[Pixels, float], Pixels]

    def at(self, level: float) -> Callable[[Pixels], Pixels]:
        """What does it to a picture at one level."""
        return lambda pixels: self.apply(pixels, level)


def compress(pixels: Pixels, quality: float) -> Pixels:
    """JPEG at ``quality`` (1-100) with chroma subsampling 4:2:0, as most software writes it."""
    return jpeg(pixels, int(quality))


def shrink(pixels: Pixels, scale: float) -> Pixels:
    """Both sides times ``scale`` in (0, 1], by area; never under 16 px."""
    height, width = (max(16, round(side * scale)) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def blur(pixels: Pixels, sigma: float) -> Pixels:
    """Gaussian blur; ``sigma`` in pixels."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8) if sigma else pixels


def add_noise(pixels: Pixels, sigma: float) -> Pixels:
    """White Gaussian noise, the same every time; ``sigma`` in grey levels of 255."""
    noise = np.random.default_rng(NOISE_SEED).normal(0, sigma, pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


DEGRADATIONS = (
    Degradation("jpeg", "JPEG quality", (95, 85, 70, 50, 40, 30), 100, compress),
    Degradation("downscale", "Size, as a share of each side", (0.75, 0.5, 0.35, 0.25), 1, shrink),
    Degradation("blur", "Gaussian blur, sigma in px", (0.5, 1, 2, 3), 0, blur),
    Degradation("noise", "Gaussian noise, sigma of 255", (2, 5, 10, 20), 0, add_noise),
)
