"""Where the face is in every picture of a data set: found once, kept outside the repository.

Only boxes and landmarks are kept, no pixels: the crop is then cut by
``core.faces.detector.crop_face``, the code that serves, at whatever size and margin the training
asks for. A box is kept under the SHA-256 of the file, so moving, renaming or exchanging pictures
cannot give them a wrong one, and a file that has a box is known to decode. Another decoder
or face detector searches anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from threading import Lock

from core.errors import MediaError
from core.faces.face import Box, FaceDetector
from training.data.code_of_core import fingerprint
from training.data.integrity import Broken, decode_wholly, reason
from training.data.picture import Picture
from training.data.progress import tracked
from training.data.sample import WHOLE, Sample, read_pixels

__all__ = ["WHOLE", "Loaded", "Sample", "load_samples", "read_pixels"]

MEMORY_LIMIT = 4 * 1024**3  # bytes of compressed pictures

# Left, top, width and height, then x and y of the five landmarks; None: no face was found.
_Found = list[float] | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The pictures that can be used, and those that cannot."""

    samples: list[Sample]
    broken: list[Broken]


def load_samples(
    pictures: Sequence[Picture],
    cache_dir: Path,
    detector: Callable[[], FaceDetector],
    *,
    memory_limit: int = MEMORY_LIMIT,
) -> Loaded:
    """Read every picture and its face box, detecting only where the cache has none.

    Parameters
    ----------
    cache_dir
        Holds one JSON file of boxes, which gains those that are found.
    detector
        Called at most once, and only if a picture is new.
    memory_limit
        Bytes of files to keep; the files beyond it are read again at every look.
    """
    boxes = _BoxFile(cache_dir)
    load_detector = _once(detector)
    samples: list[Sample] = []
    broken: list[Broken] = []
    held = 0
    pool = ThreadPoolExecutor(2)
    try:
        results = pool.map(lambda picture: _examine(picture, boxes, load_detector), pictures)
        for _, result in zip(tracked(pictures, "pictures"), results, strict=True):
            if isinstance(result, Broken):
                broken.append(result)
            else:
                held += len(result.data or b"")
                samples.append(result if held <= memory_limit else replace(result, data=None))
    finally:
        pool.shutdown(cancel_futures=True)
        boxes.save()  # what an interrupted search has found is not searched for again
    return Loaded(samples, broken)


def _once(detector: Callable[[], FaceDetector]) -> Callable[[], FaceDetector]:
    lock, load = Lock(), cache(detector)

    def loaded() -> FaceDetector:
        with lock:  # without it, two threads would both find the cache empty
            return load()

    return loaded


def _examine(
    picture: Picture, boxes: _BoxFile, detector: Callable[[], FaceDetector]
) -> Sample | Broken:
    try:
        data = picture.path.read_bytes()
        key = boxes.key(data, picture.centre)
        if key not in boxes:
            decode_wholly(data)
            boxes[key] = _find(picture, data, detector())
    except (OSError, MediaError) as error:
        return Broken(picture, reason(error))
    found = boxes[key]
    if found is None:
        # Some tight crops show a face too large for the detector: the picture is the face.
        return Sample(picture, data, WHOLE, face_found=False)
    points = tuple(zip(found[4::2], found[5::2], strict=True))
    return Sample(picture, data, Box(*found[:4]), face_found=True, landmarks=points)


def _find(picture: Picture, data: bytes, detector: FaceDetector) -> _Found:
    faces = detector.detect(read_pixels(picture, data))
    if not faces:
        return None
    box, landmarks = faces[0].box, faces[0].landmarks
    numbers = (box.left, box.top, box.width, box.height, *chain.from_iterable(landmarks))
    return [round(value, 5) for value in numbers]


@cache
def _detector() -> str:
    """What decodes pictures and finds faces in them."""
    packages = ("av", "numpy", "opencv-python-headless", "openvino", "pillow", "pillow-heif")
    return fingerprint(("media", "faces"), packages)


class _BoxFile(dict[str, _Found]):
    """Boxes by the content of a file and how much of it is photograph, kept as JSON."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"faces-{_detector()}.json"
        super().__init__(self._read())
        self._saved = len(self)

    @staticmethod
    def key(data: bytes, centre: float) -> str:
        digest = hashlib.sha256(data).hexdigest()[:32]
        return digest if centre == 1 else f"{digest}@{centre:g}"

    def save(self) -> None:
        if len(self) == self._saved:
            return
        everything = {**self._read(), **self}  # another run may have written meanwhile
        temporary = self._file.with_suffix(".part")
        temporary.write_text(json.dumps(everything))
        temporary.replace(self._file)

    def _read(self) -> dict[str, _Found]:
        if not self._file.is_file():
            return {}
        found: dict[str, _Found] = json.loads(self._file.read_text())
        return found
