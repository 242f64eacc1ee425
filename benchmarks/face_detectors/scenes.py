"""What the detectors look at: portraits, frames of films, and pictures without a face."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import skimage
from numpy.typing import NDArray

from core.centerface import resize
from core.faces import Box, Face

Pixels = NDArray[np.uint8]
Detect = Callable[[Pixels], list[Face]]

SOURCES = (
    "web_faces",
    "lfw",
    "stylegan_ffhq",
    "photoshop",
    "generated_photos",
    "utkface",
    "dfdc",
    "small_faces",
)
FACE_FREE = (
    "brick",
    "cell",
    "chelsea",
    "clock_motion",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "ihc",
    "logo",
    "microaneurysms",
    "moon",
    "motorcycle_left",
    "page",
    "retina",
    "rocket",
    "text",
)


@dataclass(frozen=True)
class Scene:
    """A picture and the boxes of its faces."""

    pixels: Pixels
    boxes: tuple[Box, ...]


def read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path.name} cannot be read")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def spread(items: Sequence[Path], count: int) -> Sequence[Path]:
    return items[:: max(1, len(items) // count)][:count]


def clip_frames(path: Path, count: int) -> list[Pixels]:
    with av.open(str(path)) as container:
        wanted = set(np.linspace(0, container.streams.video[0].frames - 1, count).astype(int))
        frames = enumerate(container.decode(video=0))
        return [
            np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            for index, frame in frames
            if index in wanted
        ]


def portraits(data: Path, count: int) -> dict[str, list[Pixels]]:
    return {
        source: [read(path) for path in spread(sorted((data / "test" / source).glob("*/*")), count)]
        for source in SOURCES
    }


def overfull(pixels: Pixels) -> Pixels:
    """Enlarge the middle 80 % four times: a large upload of nothing but face."""
    height, width = pixels.shape[:2]
    middle = pixels[height // 10 : height - height // 10, width // 10 : width - width // 10]
    return np.asarray(cv2.resize(middle, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC), np.uint8)


def face_free(data: Path) -> list[Pixels]:
    folder = Path(skimage.__file__).parent / "data"
    pictures = [read(next(folder.glob(f"{name}.*"))) for name in FACE_FREE]
    for clip in sorted((data / "videos" / "noface").glob("*.mp4")):
        pictures += clip_frames(clip, 24)
    return pictures


def pieces(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Every picture in 2 x 3 parts."""
    rows = [row for picture in pictures for row in np.array_split(picture, 2, axis=0)]
    parts = [part for row in rows for part in np.array_split(row, 3, axis=1)]
    return [np.ascontiguousarray(part) for part in parts]


def composed(width: int, faces: Sequence[Scene], scenery: Sequence[Pixels]) -> Iterator[Scene]:
    """Portraits at random places of 1080p frames, their faces ``width`` pixels wide."""
    rng = np.random.default_rng(width)
    for index, scene in enumerate(faces):
        frame = cv2.resize(scenery[(index * 7 + width) % len(scenery)], (1920, 1080))
        box, (h, w) = scene.boxes[0], scene.pixels.shape[:2]
        factor = width / (box.width * w)
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        size = (round(w * factor), round(h * factor))
        portrait = cv2.resize(scene.pixels, size, interpolation=method)[:1080, :1920]
        y = int(rng.integers(0, 1081 - portrait.shape[0]))
        x = int(rng.integers(0, 1921 - portrait.shape[1]))
        frame[y : y + portrait.shape[0], x : x + portrait.shape[1]] = portrait
        sides = (box.width * size[0] / 1920, box.height * size[1] / 1080)
        left, top = (x + box.left * size[0]) / 1920, (y + box.top * size[1]) / 1080
        yield Scene(np.asarray(frame, np.uint8), (Box(left, top, *sides),))


def agrees(face: Face, box: Box) -> bool:
    """Tell whether a face is the one in the box, however tightly a detector draws it."""
    across = abs(face.box.left + face.box.width / 2 - box.left - box.width / 2)
    down = abs(face.box.top + face.box.height / 2 - box.top - box.height / 2)
    near = across < 0.4 * box.width and down < 0.4 * box.height
    return near and 0.5 < face.box.width / box.width < 2.2


def at_most_640(detect: Detect) -> Detect:
    """Let a slow judge see frames of at most 640 pixels; boxes are fractions anyway."""

    def shrunk(pixels: Pixels) -> list[Face]:
        height, width = pixels.shape[:2]
        scale = min(1.0, 640 / max(height, width))
        return detect(resize(pixels, round(width * scale), round(height * scale)))

    return shrunk


def with_consensus(pixels: Pixels, first: Detect, second: Detect) -> Scene:
    """Faces on which two detectors agree; the boxes are the first one's."""
    others = second(pixels)
    boxes = [face.box for face in first(pixels)]
    return Scene(pixels, tuple(b for b in boxes if any(agrees(other, b) for other in others)))
