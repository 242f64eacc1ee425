"""Fakes made from real pictures alone: a face blended with another face, or with itself.

After Self-Blended Images (Shiohara and Yamasaki, CVPR 2022, arXiv:2204.08376) and Face X-ray
(Li et al., CVPR 2020, arXiv:1912.13458). What every face swap leaves behind, whatever network
made the face, is a border and a difference in colour and sharpness across it. The mask follows
the five landmarks of the face: the whole face, its middle, its lower half as lip-sync takes it, or
some of its parts as swaps by hand do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.cache import Sample
from training.data.compress import Pixels
from training.data.picture import Picture

Points = NDArray[np.float64]

# Eyes, nose and corners of the mouth of an upright face, as fractions of a square around it: the
# template that ArcFace aligns to (Deng et al. 2019, arXiv:1801.07698).
TEMPLATE = np.array(
    [(0.3419, 0.4616), (0.6565, 0.4598), (0.5002, 0.6405), (0.3710, 0.8247), (0.6315, 0.8232)]
)
SOURCE = "self_blended"  # of the fakes, and their kind
_ANGLES = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_Region = tuple[float, float, float, float]  # centre and half-axes in the square of the template
_WHOLE: _Region = (0.5, 0.58, 0.40, 0.46)
_MIDDLE: _Region = (0.5, 0.62, 0.30, 0.33)
_LOWER: _Region = (0.5, 0.84, 0.34, 0.22)
_PARTS: tuple[_Region, ...] = (
    (0.34, 0.46, 0.14, 0.09),  # an eye
    (0.66, 0.46, 0.14, 0.09),
    (0.50, 0.62, 0.13, 0.15),  # the nose
    (0.50, 0.83, 0.20, 0.12),  # the mouth
)


@dataclass(frozen=True, slots=True)
class Blending:
    """How fakes are blended; probabilities in [0, 1], lengths as fractions of the face."""

    itself: float = 0.6  # the donor is the picture itself, else another real face
    parts: float = 0.2  # only some parts of the face
    lower: float = 0.2  # only its lower half
    middle: float = 0.3  # from brow to mouth; else the whole face
    colour_match: float = 0.8  # the donor takes the colours of the face that it covers
    shift: float = 0.04
    scale: float = 0.06
    rotation: float = 3.0  # degrees
    opacity: tuple[float, ...] = (0.4, 0.7, 1.0, 1.0, 1.0)


def blend_faces(
    pixels: Pixels,
    landmarks: Points,
    donor: Pixels,
    donor_landmarks: Points,
    rng: np.random.Generator,
    options: Blending,
) -> Pixels:
    """Put the donor's face over that of the picture; the donor may be the picture itself.

    ``pixels`` (h, w, 3) and ``donor`` (any size) are uint8 RGB, the landmarks (5, 2) float64 in
    pixels of their own picture: x and y of eyes, nose and corners of the mouth. The result is
    (h, w, 3) uint8.
    """
    height, width = pixels.shape[:2]
    warp = _jitter(landmarks, rng, options) @ _similarity(donor_landmarks, landmarks)
    source = cv2.warpAffine(
        donor, warp[:2], (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    mask = face_mask((height, width), landmarks, rng, options)
    source = _retouch(np.asarray(source, np.uint8), rng)
    if rng.random() < options.colour_match:
        source = _match_colours(source, pixels, mask)
    weight = (mask * options.opacity[rng.integers(len(options.opacity))])[..., None]
    blended = source * weight + pixels * (1 - weight)
    return np.asarray(np.clip(np.rint(blended), 0, 255), np.uint8)


def face_mask(
    shape: tuple[int, int], landmarks: Points, rng: np.random.Generator, options: Blending
) -> NDArray[np.float32]:
    """A soft random mask of the face or of parts of it, (h, w) float32 in [0, 1]."""
    place = _similarity(TEMPLATE, landmarks)
    mask = np.zeros(shape, np.uint8)
    for x, y, rx, ry in _regions(rng, options):
        outline = (x, y) + _contour(rng) * (rx, ry)
        cv2.fillPoly(mask, [np.rint(_moved(place, outline)).astype(np.int32)], 255)
    side = float(np.hypot(*place[:2, 0]))  # px of the template's square
    sigma = max(0.5, side * np.exp(rng.uniform(np.log(0.008), np.log(0.08))))
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma) / np.float32(255), np.float32)


def _regions(rng: np.random.Generator, options: Blending) -> list[_Region]:
    choice, grow = rng.random(), rng.uniform(0.85, 1.15)
    if (choice := choice - options.parts) < 0:
        chosen = rng.choice(len(_PARTS), int(rng.integers(1, len(_PARTS))), replace=False)
        regions = [_PARTS[index] for index in chosen]
    elif (choice := choice - options.lower) < 0:
        regions = [_LOWER]
    else:
        regions = [_MIDDLE if choice < options.middle else _WHOLE]
    return [(x, y, rx * grow, ry * grow) for x, y, rx, ry in regions]


def _contour(rng: np.random.Generator) -> Points:
    """A wobbly unit circle, (48, 2): no two masks have the same outline."""
    radius = np.ones_like(_ANGLES)
    for frequency in (2, 3, 4):
        radius += rng.uniform(-0.08, 0.08) * np.cos(frequency * _ANGLES + rng.uniform(0, 6.28))
    return np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1) * radius[:, None]


def _similarity(from_: Points, to: Points) -> Points:
    """The least-squares scaling, rotation and shift of (n, 2) onto (n, 2) points, as (3, 3)."""
    centre, target = from_.mean(axis=0), to.mean(axis=0)
    a, b = from_ - centre, to - target
    total = max(float(np.square(a).sum()), 1e-9)
    real = float((a * b).sum()) / total
    imaginary = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / total
    turn = np.array([[real, -imaginary], [imaginary, real]])
    placed = np.eye(3)
    placed[:2, :2], placed[:2, 2] = turn, target - turn @ centre
    return placed


def _jitter(landmarks: Points, rng: np.random.Generator, options: Blending) -> Points:
    """A small random scaling, rotation and shift about the middle of the face, (3, 3)."""
    centre = landmarks.mean(axis=0)
    size = float(np.ptp(landmarks, axis=0).max()) * 2  # about the width of the face
    angle = np.deg2rad(rng.uniform(-options.rotation, options.rotation))
    scale = rng.uniform(1 - options.scale, 1 + options.scale, 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    moved = np.eye(3)
    shift = size * rng.uniform(-options.shift, options.shift, 2)
    moved[:2, :2], moved[:2, 2] = turn, centre + shift - turn @ centre
    return moved


def _moved(transform: Points, points: Points) -> Points:
    return points @ transform[:2, :2].T + transform[:2, 2]


def _retouch(pixels: Pixels, rng: np.random.Generator) -> Pixels:
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


def _match_colours(source: Pixels, target: Pixels, mask: NDArray[np.float32]) -> Pixels:
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


def blended_fakes(
    samples: Sequence[Sample], *, per_source: int = 800, seed: int = 0
) -> list[Sample]:
    """Fakes of the source and kind ``self_blended`` for the real pictures among ``samples``.

    At most ``per_source`` of one source, so that none drowns the others. Every one may take
    its donor from all of them. They are blended in training only: ``augment.py`` does it.
    """
    reals = defaultdict(list)
    for sample in samples:
        if not sample.picture.fake and sample.landmarks:
            reals[sample.picture.source].append(sample)
    rng = np.random.default_rng([seed, 4])
    chosen = [
        pool[index]
        for _, pool in sorted(reals.items())
        for index in rng.permutation(len(pool))[:per_source]
    ]
    return [replace(sample, donors=chosen, picture=_as_fake(sample.picture)) for sample in chosen]


def _as_fake(picture: Picture) -> Picture:
    """The same file under another label; what is said of the real is not true of the fake."""
    return replace(picture, source=SOURCE, fake=True, generator=SOURCE, kind=SOURCE)
