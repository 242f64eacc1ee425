"""BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047), aimed at parts of a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from benchmarks.face_detectors.scenes import Detect, Pixels
from core.centerface import resize, suppress
from core.faces import Box, Face

THREADS = 2
Region = tuple[float, float, float]  # left, top, side, in pixels; may leave the frame


def as_faces(found: NDArray[np.float32], pixels: Pixels) -> list[Face]:
    height, width = pixels.shape[:2]
    edges = np.clip(suppress(found)[:, :4] / (width, height, width, height), 0, 1)
    scores = suppress(found)[:, 4]
    return [
        Face(Box(left, top, right - left, bottom - top), float(score))
        for (left, top, right, bottom), score in zip(edges.tolist(), scores, strict=True)
        if right > left and bottom > top
    ]


def anchors(side: int, *, full_range: bool) -> NDArray[np.float32]:
    """BlazeFace's anchor centres (arXiv:1907.05047): (n, 2) in [0, 1]."""
    first = side // 16  # cells along one side at the finer of two scales
    layers = ((side // 4, 1),) if full_range else ((first, 2), (first // 2, 6))
    grids = []
    for cells, repeats in layers:
        y, x = (np.mgrid[:cells, :cells] + 0.5) / cells
        grids.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), repeats, axis=0))
    return np.concatenate(grids).astype(np.float32)


class BlazeFace:
    """One BlazeFace network (Bazarevsky et al. 2019), to be aimed at square regions."""

    def __init__(self, path: Path) -> None:
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS}
        network = ov.Core().compile_model(path, "CPU", options)
        self._request = network.create_infer_request()
        self._side = int(network.inputs[0].shape[1])
        full_range = "full" in path.name
        # The 128-pixel network has strides 8 and 16, the 256-pixel one 16 and 32.
        self._anchors = anchors(256 if self._side == 128 else self._side, full_range=full_range)

    def look(self, pixels: Pixels, region: Region, min_score: float) -> NDArray[np.float32]:
        """Search a region: (n, 5) left, top, right, bottom in frame pixels, and score."""
        left, top, side = region
        canvas = cut(pixels, region, self._side)
        outputs = list(self._request.infer([canvas[None] / np.float32(127.5) - 1]).values())
        boxes, logits = sorted((output[0] for output in outputs), key=lambda o: -o.shape[-1])
        scores = 1 / (1 + np.exp(-np.clip(logits[:, 0], -80, 80)))
        kept = scores > min_score
        middle = boxes[kept, :2] / self._side + self._anchors[kept]
        half = boxes[kept, 2:4] / self._side / 2
        corners = np.concatenate([middle - half, middle + half], axis=1) * side
        corners += np.array([left, top, left, top])
        found = np.concatenate([corners, scores[kept, None]], axis=1)
        return found.astype(np.float32)


def cut(pixels: Pixels, region: Region, size: int) -> Pixels:
    """Cut a square region to (size, size, 3); what lies outside of the frame is black."""
    left, top, side = region
    height, width = pixels.shape[:2]
    x0, y0 = max(0, round(left)), max(0, round(top))
    x1, y1 = min(width, round(left + side)), min(height, round(top + side))
    scale = size / side
    a0, b0 = round((x0 - left) * scale), round((y0 - top) * scale)
    a1, b1 = min(size, round((x1 - left) * scale)), min(size, round((y1 - top) * scale))
    canvas = np.zeros((size, size, 3), np.uint8)
    canvas[b0:b1, a0:a1] = resize(pixels[y0:y1, x0:x1], max(1, a1 - a0), max(1, b1 - b0))
    return canvas


def whole(pixels: Pixels, padding: float) -> list[Region]:
    height, width = pixels.shape[:2]
    side = max(height, width) * (1 + padding)
    return [((width - side) / 2, (height - side) / 2, side)]


def halves(pixels: Pixels) -> list[Region]:
    """Two overlapping squares as high as the frame; none for a frame that is square."""
    height, width = pixels.shape[:2]
    side, rest = min(height, width), abs(width - height)
    if rest < 0.15 * side:
        return []
    return [(0, 0, side), (rest, 0, side) if width > height else (0, rest, side)]


def blaze(network: BlazeFace, *, padding: float = 0.0, min_score: float = 0.5) -> Detect:
    def detect(pixels: Pixels) -> list[Face]:
        found = [network.look(pixels, region, min_score) for region in whole(pixels, padding)]
        return as_faces(np.concatenate(found), pixels)

    return detect


def blaze_tiled(outer: BlazeFace, inner: BlazeFace, *, min_score: float) -> Detect:
    def detect(pixels: Pixels) -> list[Face]:
        found = [outer.look(pixels, region, min_score) for region in whole(pixels, 0.5)]
        found += [inner.look(pixels, region, min_score) for region in halves(pixels)]
        return as_faces(np.concatenate(found), pixels)

    return detect
