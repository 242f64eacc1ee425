"""What happens to a picture on its way to a training batch: seeded, NumPy and OpenCV only.

The order is that of the world: the picture is resized, blurred and compressed by whoever
passed it on, then ``core`` cuts the face and encodes it as it does when serving.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core import jpeg
from core.faces.detector import crop_face
from core.faces.face import Box
from training.data.cache import Sample
from training.data.self_blend import Blending, blend_faces

_KERNELS = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How often and how strongly; probabilities in [0, 1]."""

    flip: float = 0.5
    rescale: float = 0.35
    rescale_from: float = 0.45  # smallest factor
    blur: float = 0.25
    blur_sigma: float = 1.6  # px at 224 px
    colour: float = 0.4
    noise: float = 0.1
    compress_before: float = 0.25  # the whole picture, before the face is cut
    compress_after: float = 0.6  # the crop, as the peers do
    quality: tuple[int, int] = (50, 98)
    margin: tuple[float, float] = (0.15, 0.45)  # serving cuts at 1/3
    zoom: tuple[float, float] = (0.85, 1.0)  # of the box: where the frame clips the margin
    shift: float = 0.06  # of the longer side of the face
    erase: float = 0.0  # a rectangle of the crop is painted over
    erase_area: tuple[float, float] = (0.02, 0.2)  # of the crop
    blending: Blending = field(default_factory=Blending)


def augmented_crop(
    sample: Sample, size: int, rng: np.random.Generator, options: Augmentation
) -> NDArray[np.uint8]:
    """One training view of a picture: (size, size, 3) uint8 RGB, as the network is served it."""
    pixels = _blended(sample, rng, options.blending) if sample.donors else sample.pixels()
    box = sample.box
    if rng.random() < options.flip:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        box = Box(1 - box.left - box.width, box.top, box.width, box.height)
    pixels = degrade(pixels, rng, options)
    crop = _jittered_crop(pixels, box, size, rng, options)
    if rng.random() < options.erase:
        crop = _erase(crop, rng, options)
    if rng.random() < options.compress_after:
        crop = _compress(crop, rng, options)
    # The stage between the sandboxed child and the network; see core/jpeg.py.
    return jpeg.decode(jpeg.encode(crop), size=size)


def _blended(sample: Sample, rng: np.random.Generator, options: Blending) -> NDArray[np.uint8]:
    """The picture with a face laid over its own: its own again, or that of a donor."""
    itself = rng.random() < options.itself
    donor = sample if itself else sample.donors[int(rng.integers(len(sample.donors)))]
    return blend_faces(sample.pixels(), sample.box, donor.pixels(), donor.box, rng, options)


def degrade(
    pixels: NDArray[np.uint8], rng: np.random.Generator, options: Augmentation
) -> NDArray[np.uint8]:
    """Shrink, blur, recolour, add noise to and compress (h, w, 3) uint8, each by chance."""
    if rng.random() < options.rescale:
        pixels = _rescale(pixels, rng, options)
    if rng.random() < options.blur:
        sigma = rng.uniform(0.3, options.blur_sigma) * max(pixels.shape[:2]) / 224
        pixels = _u8(cv2.GaussianBlur(pixels, (0, 0), sigma))
    if rng.random() < options.colour:
        pixels = _recolour(pixels, rng)
    if rng.random() < options.noise:
        noise = rng.standard_normal(pixels.shape, np.float32) * rng.uniform(1, 6)
        pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    if rng.random() < options.compress_before:
        pixels = _compress(pixels, rng, options)
    return pixels


def _rescale(
    pixels: NDArray[np.uint8], rng: np.random.Generator, options: Augmentation
) -> NDArray[np.uint8]:
    factor = math.exp(rng.uniform(math.log(options.rescale_from), 0))
    height, width = (max(32, round(side * factor)) for side in pixels.shape[:2])
    kernel = _KERNELS[rng.integers(len(_KERNELS))]
    return _u8(cv2.resize(pixels, (width, height), interpolation=kernel))


def _recolour(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    gain = rng.uniform(0.8, 1.2, 3) * 0.3 + rng.uniform(0.75, 1.25) * 0.7
    table = np.arange(256)[:, None] * gain + rng.uniform(-16, 16)
    lut = np.clip(table, 0, 255).astype(np.uint8)
    pixels = _u8(cv2.LUT(pixels, lut[None]))
    if rng.random() < 0.15:
        # UTKFace holds black-and-white pictures, all real: colour must not tell the class.
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        pixels = _u8(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB))
    return pixels


def _compress(
    pixels: NDArray[np.uint8], rng: np.random.Generator, options: Augmentation
) -> NDArray[np.uint8]:
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        if rng.random() < 0.3
        else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420
    )
    quality = int(rng.integers(options.quality[0], options.quality[1] + 1))
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    # Channel order does not matter to a round trip, except to the weights of luminance.
    _done, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)
    return _u8(cv2.cvtColor(_u8(cv2.imdecode(data, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB))


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
    shift = options.shift * max(box.width, box.height)
    dx, dy = rng.uniform(-shift, shift, 2)
    scale = rng.uniform(*options.zoom)
    width, height = box.width * scale, box.height * scale
    left = box.left + (box.width - width) / 2 + dx
    top = box.top + (box.height - height) / 2 + dy
    return crop_face(pixels, Box(left, top, width, height), size=size, margin=margin)


def _u8(pixels: object) -> NDArray[np.uint8]:
    return np.asarray(pixels, np.uint8)
