"""Where the face is in every picture of a data set: found once, kept outside the repository.

Only boxes are kept, no pixels: the crop is then cut by ``core.faces.crop_face``, the code
that serves, at whatever size and margin the training asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UnreadableMedia
from core.faces import Box, Face, FaceDetector, crop_face
from training.data.manifest import Picture

# Deep-funneled LFW has black rotated corners: only the middle is photograph.
_CENTRE = {"lfw": 0.76}
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture with its bytes in memory and the box of its face."""

    picture: Picture
    data: bytes
    box: Box
    face_found: bool
    # Of a fake that is blended anew at every look: see blending.py.
    donors: Sequence[Sample] = field(default=(), repr=False, compare=False)

    def pixels(self) -> NDArray[np.uint8]:
        """Decode to (h, w, 3) uint8 RGB."""
        return read_pixels(self.picture, self.data)

    def crop(self, size: int) -> NDArray[np.uint8]:
        """The crop that serving would cut, (size, size, 3) uint8 RGB."""
        return crop_face(self.pixels(), self.box, size=size)


def read_pixels(picture: Picture, data: bytes) -> NDArray[np.uint8]:
    """Decode one picture of the data set to (h, w, 3) uint8 RGB."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is None:
        raise UnreadableMedia(f"{picture.key} cannot be decoded as a picture.")
    share = _CENTRE.get(picture.source)
    if share is not None:
        height, width = decoded.shape[:2]
        top, left = (round(side * (1 - share) / 2) for side in (height, width))
        decoded = decoded[top : height - top, left : width - left]
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def load_samples(
    pictures: Sequence[Picture],
    cache_dir: Path,
    detector: Callable[[], FaceDetector],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Sample]:
    """Read every picture and its face box, detecting only where the cache has none.

    The cache is one JSON file a split in ``cache_dir``; ``detector`` is called at most once.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    file = cache_dir / "faces.json"
    boxes: dict[str, list[float] | None] = json.loads(file.read_text()) if file.is_file() else {}
    data = [picture.path.read_bytes() for picture in pictures]
    missing = [index for index, picture in enumerate(pictures) if picture.key not in boxes]
    if missing:
        finder = detector()

        def find(index: int) -> list[float] | None:
            return _find(finder, read_pixels(pictures[index], data[index]))

        with ThreadPoolExecutor(2) as pool:
            for done, (index, box) in enumerate(zip(missing, pool.map(find, missing), strict=True)):
                boxes[pictures[index].key] = box
                if progress is not None:
                    progress(done + 1, len(missing))
        temporary = file.with_suffix(".part")
        temporary.write_text(json.dumps(boxes))
        temporary.replace(file)
    return [
        _sample(picture, content, boxes[picture.key])
        for picture, content in zip(pictures, data, strict=True)
    ]


def _find(detector: FaceDetector, pixels: NDArray[np.uint8]) -> list[float] | None:
    faces: list[Face] = detector.detect(pixels)
    if not faces:
        return None
    box = faces[0].box
    return [round(value, 5) for value in (box.left, box.top, box.width, box.height)]


def _sample(picture: Picture, data: bytes, box: list[float] | None) -> Sample:
    # Some tight crops show a face too large for the detector: the picture is the face.
    return Sample(picture, data, WHOLE if box is None else Box(*box), box is not None)
