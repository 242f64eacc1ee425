"""What happens to a picture between its making and its upload: scaling, blur, colour, codecs.

Each way that media travel is a chain of the same few steps. Which steps and how strong they are
is drawn from the generator that is given, in the same order whatever the picture shows: a real and
a fake that get generators of one seed go the same way, so that nothing but the forgery differs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from training.data import compress
from training.data.compress import Pixels

_KERNELS = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
_SMALLEST = 48  # px: no chain makes the shorter side smaller
_GREY_SHARE = 0.15  # of recoloured pictures


@dataclass(frozen=True, slots=True)
class Degradation:
    """How often and how strongly; probabilities in [0, 1], ranges inclusive."""

    rescale: float = 0.35
    rescale_from: float = 0.45  # smallest factor
    blur: float = 0.25
    blur_sigma: float = 1.6  # px at 224 px
    colour: float = 0.4
    noise: float = 0.1
    noise_sigma: float = 6.0  # of 255
    still: float = 0.3  # a chain of JPEG and WebP, as of pages that pass pictures on
    quality: tuple[int, int] = (50, 98)
    film: float = 0.0  # a frame of a film in H.264
    crf: tuple[int, int] = (20, 38)
    messenger: float = 0.0  # scaled down and coarsely encoded, as a still or a film
    screen: float = 0.0  # recorded from a screen: scaled, tones changed, encoded once more


UNHARMED = Degradation(rescale=0, blur=0, colour=0, noise=0, still=0)


def degrade(pixels: Pixels, rng: np.random.Generator, options: Degradation) -> Pixels:
    """One degraded copy of (h, w, 3) uint8 RGB; scaling and chains may change its size.

    No side may be longer than 11,000 px, which a screen may enlarge to the most that codecs take.
    """
    if rng.random() < options.rescale:
        pixels = _rescale(pixels, rng, options.rescale_from)
    if rng.random() < options.blur:
        sigma = rng.uniform(0.3, options.blur_sigma) * max(pixels.shape[:2]) / 224
        pixels = _u8(cv2.GaussianBlur(pixels, (0, 0), sigma))
    if rng.random() < options.colour:
        pixels = _recolour(pixels, rng)
    if rng.random() < options.noise:
        pixels = _noisy(pixels, rng, options.noise_sigma)
    return _travel(pixels, rng, options)


def _travel(pixels: Pixels, rng: np.random.Generator, options: Degradation) -> Pixels:
    """At most one of the ways in which media travel."""
    way = rng.random()
    if (way := way - options.film) < 0:
        return _film(pixels, rng, options.crf)
    if (way := way - options.messenger) < 0:
        return _messenger(pixels, rng, options)
    if (way := way - options.screen) < 0:
        return _screen(pixels, rng, options)
    if way - options.still < 0:
        return _stills(pixels, rng, options)
    return pixels


def _stills(pixels: Pixels, rng: np.random.Generator, options: Degradation) -> Pixels:
    for _ in range(int(rng.integers(1, 3))):
        quality = int(rng.integers(options.quality[0], options.quality[1] + 1))
        kind, subsampled = rng.random(2)
        if kind < 0.25:
            pixels = compress.webp(pixels, quality)
        else:
            pixels = compress.jpeg(pixels, quality, subsampled=bool(subsampled < 0.7))
    return pixels


def _film(pixels: Pixels, rng: np.random.Generator, crf: tuple[int, int]) -> Pixels:
    factor = int(rng.integers(crf[0], crf[1] + 1))
    across, down = rng.normal(0, 1, 2)
    frame = int(rng.integers(compress.FILM_FRAMES))
    return compress.film(pixels, factor, (float(across), float(down)), frame)


def _messenger(pixels: Pixels, rng: np.random.Generator, options: Degradation) -> Pixels:
    pixels = _rescale(pixels, rng, options.rescale_from)
    quality, as_film = int(rng.integers(40, 81)), rng.random() < 0.5
    coarse = (max(26, options.crf[0]), max(26, options.crf[1]))
    return _film(pixels, rng, coarse) if as_film else compress.jpeg(pixels, quality)


def _screen(pixels: Pixels, rng: np.random.Generator, options: Degradation) -> Pixels:
    """Shown at another size and gamma, recorded, and scaled back by whoever cuts it."""
    height, width = pixels.shape[:2]
    shown = _resized(pixels, rng.uniform(0.7, 1.4), rng)
    gamma, gain = rng.uniform(0.8, 1.25), rng.uniform(0.85, 1.1)
    table = 255 * gain * (np.arange(256) / 255) ** gamma
    shown = _u8(cv2.LUT(shown, np.clip(table, 0, 255).astype(np.uint8)))
    recorded = _film(shown, rng, options.crf)
    kernel = _KERNELS[rng.integers(len(_KERNELS))]
    return _u8(cv2.resize(recorded, (width, height), interpolation=kernel))


def _rescale(pixels: Pixels, rng: np.random.Generator, smallest: float) -> Pixels:
    return _resized(pixels, math.exp(rng.uniform(math.log(smallest), 0)), rng)


def _resized(pixels: Pixels, factor: float, rng: np.random.Generator) -> Pixels:
    factor = max(factor, min(1.0, _SMALLEST / min(pixels.shape[:2])))
    height, width = (round(side * factor) for side in pixels.shape[:2])
    kernel = _KERNELS[rng.integers(len(_KERNELS))]
    return _u8(cv2.resize(pixels, (width, height), interpolation=kernel))


def _recolour(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    gain = rng.uniform(0.8, 1.2, 3) * 0.3 + rng.uniform(0.75, 1.25) * 0.7
    table = np.arange(256)[:, None] * gain + rng.uniform(-16, 16)
    pixels = _u8(cv2.LUT(pixels, np.clip(table, 0, 255).astype(np.uint8)[None]))
    if rng.random() < _GREY_SHARE:
        # Sources of one class may be black-and-white: colour must not tell the class.
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        pixels = _u8(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
    return pixels


def _noisy(pixels: Pixels, rng: np.random.Generator, most: float) -> Pixels:
    """Gaussian noise from a generator of its own, as its length is that of the picture."""
    sigma, own = rng.uniform(1, most), np.random.default_rng(int(rng.integers(2**32)))
    noise = own.standard_normal(pixels.shape, np.float32) * np.float32(sigma)
    return _u8(np.clip(pixels + noise, 0, 255))


def _u8(pixels: object) -> Pixels:
    return np.asarray(pixels, np.uint8)
