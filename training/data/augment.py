"""One view of a picture on its way to a training batch: seeded; NumPy, OpenCV and PyAV only.

The order is that of the world: whoever passed the picture on scaled and compressed it
(:mod:`training.data.degrade`), then ``core`` cuts the face and encodes it as it does when serving.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.faces.detector import crop_face
from core.faces.face import Box
from training.data import compress
from training.data.cache import Sample
from training.data.degrade import Degradation, degrade
from training.data.self_blend import Blending, blend_faces
from training.data.surroundings import Surroundings, surroundings_of


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often and how strongly; probabilities in [0, 1]."""

    flip: float = 0.5
    degradation: Degradation = field(default_factory=Degradation)
    compress_crop: float = 0.3  # the crop itself, as a JPEG, before that of serving
    margin: tuple[float, float] = (0.1, 0.7)  # serving cuts at the margin of the bundle
    zoom: tuple[float, float] = (0.9, 1.0)  # of the box: detectors differ in where a face ends
    shift: float = 0.06  # of the longer side of the face
    erase: float = 0.0  # a rectangle of the crop is painted over
    erase_area: tuple[float, float] = (0.02, 0.2)  # of the crop
    blending: Blending = field(default_factory=Blending)


def augmented_crop(
    sample: Sample,
    size: int,
    rng: np.random.Generator,
    options: Augmentation,
    *,
    blending_rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """One training view of a picture: (size, size, 3) uint8 RGB, as the network is served it.

    What ``rng`` draws does not depend on the picture, so that a pair which gets generators of one
    seed is flipped, cut and compressed alike. ``blending_rng`` draws what only fakes need.
    """
    face = _face(sample, blending_rng, options)
    pixels, box = face.pixels, face.box
    if rng.random() < options.flip:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        box = Box(1 - box.left - box.width, box.top, box.width, box.height)
    pixels = degrade(pixels, rng, options.degradation)
    crop = _jittered_crop(pixels, box, size, rng, options)
    if rng.random() < options.erase:
        crop = _erase(crop, rng, options)
    if rng.random() < options.compress_crop:
        low, high = options.degradation.quality
        crop = compress.jpeg(crop, int(rng.integers(low, high + 1)))
    # The stage between the sandboxed child and the network; see core/jpeg.py.
    return jpeg.decode(jpeg.encode(crop), size=size)


def _face(sample: Sample, rng: np.random.Generator, options: Augmentation) -> Surroundings:
    """The face and what is around it; of a sample with donors, another face is laid over it."""
    widest = options.margin[1]
    face = surroundings_of(sample, widest)
    if not sample.donors:
        return face
    donor = face
    if rng.random() >= options.blending.itself:
        donor = surroundings_of(sample.donors[int(rng.integers(len(sample.donors)))], widest)
    blended = blend_faces(
        face.pixels, face.landmarks, donor.pixels, donor.landmarks, rng, options.blending
    )
    return replace(face, pixels=blended)


def _erase(
    crop: NDArray[np.uint8], rng: np.random.Generator, options: Augmentation
) -> NDArray[np.uint8]:
    """Paint over a rectangle, so that no single place can be learned by heart.

    After Random Erasing (Zhong et al., AAAI 2020, arXiv:1708.04896), in one random colour.
    """
    size = crop.shape[0]
    area, aspect = rng.uniform(*options.erase_area), math.exp(rng.uniform(-1, 1))
    height, width = (
        min(size, max(1, round(size * math.sqrt(area * a)))) for a in (aspect, 1 / aspect)
    )
    top, left = rng.integers(size - height + 1), rng.integers(size - width + 1)
    erased = crop.copy()
    erased[top : top + height, left : left + width] = rng.integers(256, size=3)
    return erased


def _jittered_crop(
    pixels: NDArray[np.uint8],
    box: Box,
    size: int,
    rng: np.random.Generator,
    options: Augmentation,
) -> NDArray[np.uint8]:
    margin = rng.uniform(*options.margin)
    rows, columns = pixels.shape[:2]
    shift = options.shift * max(box.width * columns, box.height * rows)  # px
    dx, dy = rng.uniform(-shift, shift, 2)
    scale = rng.uniform(*options.zoom)
    width, height = box.width * scale, box.height * scale
    left = box.left + (box.width - width) / 2 + dx / columns
    top = box.top + (box.height - height) / 2 + dy / rows
    return crop_face(pixels, Box(left, top, width, height), size=size, margin=margin)
