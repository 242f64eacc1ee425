"""Fakes made from real pictures alone: a face blended with another face, or with itself.

After Self-Blended Images (Shiohara and Yamasaki, CVPR 2022, arXiv:2204.08376) and Face X-ray
(Li et al., CVPR 2020, arXiv:1912.13458). What every face swap leaves behind, whatever network
made the face, is a border and a difference in colour and sharpness across it. Without landmarks
the mask is drawn from the face box: the whole face, or some of its parts, as swaps by hand take.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.faces.face import Box

_ANGLES = np.linspace(0, 2 * np.pi, 40, endpoint=False)
# Centre and half-axes of parts, as fractions of the face box from brow to chin.
_PARTS = (
    (0.30, 0.36, 0.20, 0.13),  # left eye
    (0.70, 0.36, 0.20, 0.13),  # right eye
    (0.50, 0.56, 0.19, 0.20),  # nose
    (0.50, 0.79, 0.27, 0.15),  # mouth
)


@dataclass(frozen=True, slots=True)
class Blending:
    """How fakes are blended; probabilities in [0, 1], shares of the face box."""

    itself: float = 0.6  # the donor is the picture itself, else another real face
    parts: float = 0.4  # only some parts of the face, else the whole
    colour_match: float = 0.8  # the donor takes the colours of the face that it covers
    shift: float = 0.04
    scale: float = 0.06
    opacity: tuple[float, ...] = (0.4, 0.7, 1.0, 1.0, 1.0)


def blend_faces(
    pixels: NDArray[np.uint8],
    box: Box,
    donor: NDArray[np.uint8],
    donor_box: Box,
    rng: np.random.Generator,
    options: Blending,
) -> NDArray[np.uint8]:
    """Put the donor's face over the face at ``box``; the donor may be the picture itself.

    ``pixels`` (h, w, 3) and ``donor`` (any size) are uint8 RGB; the result is (h, w, 3) uint8.
    """
    height, width = pixels.shape[:2]
    warp = _placement(donor.shape, donor_box, (height, width), box, rng, options)
    source = cv2.warpAffine(
        donor, warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    mask = face_mask((height, width), box, rng, options)
    source = _retouch(np.asarray(source, np.uint8), rng)
    if rng.random() < options.colour_match:
        source = _match_colours(source, pixels, mask)
    weight = (mask * options.opacity[rng.integers(len(options.opacity))])[..., None]
    blended = source * weight + pixels * (1 - weight)
    return np.asarray(np.clip(np.rint(blended), 0, 255), np.uint8)


def face_mask(
    shape: tuple[int, int], box: Box, rng: np.random.Generator, options: Blending
) -> NDArray[np.float32]:
    """A soft random mask of the face or of parts of it, (h, w) float32 in [0, 1]."""
    height, width = shape
    size = np.array([box.width * width, box.height * height])
    corner = np.array([box.left * width, box.top * height])
    mask = np.zeros(shape, np.uint8)
    for x, y, rx, ry in _regions(rng, options):
        outline = corner + size * ((x, y) + _contour(rng) * (rx, ry))
        cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 255)
    sigma = float(size.max()) * np.exp(rng.uniform(np.log(0.008), np.log(0.08)))
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma) / np.float32(255), np.float32)


def _regions(
    rng: np.random.Generator, options: Blending
) -> list[tuple[float, float, float, float]]:
    if rng.random() >= options.parts:
        jitter = rng.uniform(-0.05, 0.05, 2)
        axes = rng.uniform(0.36, 0.52, 2)
        return [(0.5 + jitter[0], 0.54 + jitter[1], axes[0], axes[1])]
    count = int(rng.integers(1, len(_PARTS)))
    chosen = rng.choice(len(_PARTS), count, replace=False)
    grow = rng.uniform(0.85, 1.3)
    return [(x, y, rx * grow, ry * grow) for x, y, rx, ry in (_PARTS[i] for i in chosen)]


def _contour(rng: np.random.Generator) -> NDArray[np.float64]:
    """A wobbly unit circle, (40, 2): no two masks have the same outline."""
    radius = np.ones_like(_ANGLES)
    for frequency in (2, 3, 4):
        radius += rng.uniform(-0.08, 0.08) * np.cos(frequency * _ANGLES + rng.uniform(0, 6.28))
    return np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1) * radius[:, None]


def _placement(
    donor_shape: tuple[int, ...],
    donor_box: Box,
    shape: tuple[int, int],
    box: Box,
    rng: np.random.Generator,
    options: Blending,
) -> NDArray[np.float64]:
    """The affine map that lays the donor's face box over the target's, a little off, (2, 3)."""
    to = np.array([box.width * shape[1], box.height * shape[0]])
    from_ = np.array([donor_box.width * donor_shape[1], donor_box.height * donor_shape[0]])
    scale = to / np.maximum(from_, 1) * rng.uniform(1 - options.scale, 1 + options.scale, 2)
    centre = np.array(
        [(box.left + box.width / 2) * shape[1], (box.top + box.height / 2) * shape[0]]
    )
    donor_centre = np.array(
        [
            (donor_box.left + donor_box.width / 2) * donor_shape[1],
            (donor_box.top + donor_box.height / 2) * donor_shape[0],
        ]
    )
    offset = centre + to * rng.uniform(-options.shift, options.shift, 2) - scale * donor_centre
    return np.array([[scale[0], 0, offset[0]], [0, scale[1], offset[1]]])


def _retouch(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Change colour, and sharpness up or down: what tells the two sides of a border apart."""
    gain = 1 + rng.uniform(-0.12, 0.12) + rng.uniform(-0.05, 0.05, 3)
    table = np.clip(np.arange(256)[:, None] * gain + rng.uniform(-12, 12), 0, 255)
    pixels = np.asarray(cv2.LUT(pixels, table.astype(np.uint8)[None]), np.uint8)
    choice = rng.random()
    if choice < 0.4:
        height, width = pixels.shape[:2]
        factor = rng.uniform(0.3, 0.8)
        small = cv2.resize(
            pixels, (max(16, round(width * factor)), max(16, round(height * factor))),
            interpolation=cv2.INTER_AREA,
        )  # fmt: skip
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))
    if choice < 0.6:
        soft = cv2.GaussianBlur(pixels, (0, 0), 1.2)
        return np.asarray(cv2.addWeighted(pixels, 1.6, soft, -0.6, 0), np.uint8)
    return pixels


def _match_colours(
    source: NDArray[np.uint8], target: NDArray[np.uint8], mask: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Shift and scale each channel under the mask to the target's mean and deviation."""
    inside = (mask > 0.1).astype(np.uint8)
    if not inside.any():
        return source
    source_mean, source_deviation = cv2.meanStdDev(source, mask=inside)
    target_mean, target_deviation = cv2.meanStdDev(target, mask=inside)
    gain = np.clip(target_deviation / np.maximum(source_deviation, 1), 0.5, 2)
    table = (np.arange(256) - source_mean) * gain + target_mean  # (3, 256)
    lut = np.clip(table.T, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(source, lut[None]), np.uint8)
