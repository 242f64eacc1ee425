"""Faces in a frame: where they are, and the square cut out around one of them.

The detector is CenterFace (Xu et al. 2019, arXiv:1911.03599), run by OpenVINO. It was
chosen by measurement against BlazeFace and MTCNN: see ``benchmarks/face_detectors.md``.
The model, its licence and its origin are in ``core/faces/models``.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.faces.centerface import decode, letterbox, suppress
from core.faces.face import Box, Face, FaceDetector
from core.faces.network import Canvas, FaceNetwork
from core.options import DEFAULT_MARGIN

MODEL_PATH = Path(__file__).parent / "models" / "centerface.onnx"
MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"

# Below this, a second look at a smaller scale: a face that overfills the picture scores
# low. By measurement on such crops of dfdc: recall 0.98 with it, 0.32 without.
CONFIDENT = 0.6

# (height, width) fed to the network; 8 to 20 ms each on two cores.
WIDE, TALL, SQUARE = (256, 448), (448, 256), (320, 320)
# The second look, a third of that; the longer side of the frame takes 160 of the 192 pixels.
COARSE, COARSE_SIDE = (192, 192), 160


class CenterFaceDetector:
    """CenterFace: an anchor-free detector on MobileNetV2 (arXiv:1911.03599).

    The frame is shrunk (never enlarged) into a canvas of about 448 x 256 and the network
    answers with a heat map of face centres. Where nothing is certain there, the frame is
    looked at once more, smaller: that finds faces that fill the whole picture.

    Faces narrower than about 4 % of the longer side of the frame are missed. Safe to
    call from several threads at once.

    Parameters
    ----------
    path
        The ONNX file.
    sha256
        Its expected digest, in hexadecimal; a file that differs raises ``ModelError``.
    threads
        CPU threads for one call; None leaves the choice to OpenVINO.
    """

    def __init__(
        self,
        path: Path = MODEL_PATH,
        *,
        sha256: str = MODEL_SHA256,
        threads: int | None = None,
    ) -> None:
        self._network = FaceNetwork(path, sha256=sha256, threads=threads)

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """Find the faces of one frame.

        Parameters
        ----------
        pixels
            (h, w, 3) uint8 RGB, in [0, 255].

        Returns
        -------
        list of Face
            Without duplicates, the largest first.
        """
        found = self._look(pixels, _canvas_for(*pixels.shape[:2]))
        if not len(found) or found[:, 4].max() < CONFIDENT:
            found = np.concatenate([found, self._look(pixels, COARSE, side=COARSE_SIDE)])
        faces = [_as_face(row, *pixels.shape[:2]) for row in suppress(found)]
        faces = [face for face in faces if face.box.width > 0 and face.box.height > 0]
        faces.sort(key=lambda face: face.box.width * face.box.height, reverse=True)
        return faces

    def _look(
        self, pixels: NDArray[np.uint8], canvas: Canvas, *, side: int | None = None
    ) -> NDArray[np.float32]:
        """Run the network once; (n, 15) float32 as of :func:`decode`, in pixels of the frame."""
        batch, scale, left, top = letterbox(pixels, canvas, side=side)
        found = decode(*self._network(batch))
        places = [*range(4), *range(5, found.shape[1])]
        found[:, places] = (found[:, places] - (left, top) * (len(places) // 2)) / scale
        return found


def load_face_detector(*, threads: int | None = None) -> FaceDetector:
    """Load the detector that this project ships."""
    return CenterFaceDetector(threads=threads)


def crop_face(
    pixels: NDArray[np.uint8], box: Box, *, size: int, margin: float = DEFAULT_MARGIN
) -> NDArray[np.uint8]:
    """Cut the square around a face and resize it.

    The side is the box's longer side plus ``margin`` of it on each end, at most the
    frame's shorter side. A square that would leave the frame is shifted inside; nothing
    is padded or stretched, so of a picture that is already a face almost all remains.

    Parameters
    ----------
    pixels
        (h, w, 3) uint8, the frame that ``box`` belongs to.
    box
        The face.
    size
        The side of the result in pixels.
    margin
        As a fraction of the box's longer side.

    Returns
    -------
    NDArray
        (size, size, 3) uint8.
    """
    height, width = pixels.shape[:2]
    left, top, side = _square(height, width, box, margin)
    square = pixels[top : top + side, left : left + side]
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (size, size), interpolation=method), np.uint8)


def crop_box(pixels: NDArray[np.uint8], box: Box, *, margin: float = DEFAULT_MARGIN) -> Box:
    """What :func:`crop_face` cuts out of (h, w, 3) uint8, as fractions of the frame."""
    height, width = pixels.shape[:2]
    left, top, side = _square(height, width, box, margin)
    return Box(left / width, top / height, side / width, side / height)


def _square(height: int, width: int, box: Box, margin: float) -> tuple[int, int, int]:
    """Left, top and side of the square around a face, in pixels."""
    side = max(box.width * width, box.height * height) * (1 + 2 * margin)
    side = min(max(round(side), 1), height, width)
    left = _inside((box.left + box.width / 2) * width - side / 2, width - side)
    top = _inside((box.top + box.height / 2) * height - side / 2, height - side)
    return left, top, side


def _inside(start: float, room: int) -> int:
    return min(max(round(start), 0), room)


def _canvas_for(height: int, width: int) -> Canvas:
    if width > 1.3 * height:
        return WIDE
    return TALL if height > 1.3 * width else SQUARE


def _as_face(row: NDArray[np.float32], height: int, width: int) -> Face:
    left, right = np.clip(row[[0, 2]] / width, 0, 1).tolist()
    top, bottom = np.clip(row[[1, 3]] / height, 0, 1).tolist()
    points = row[5:].reshape(-1, 2) / (width, height)
    landmarks = tuple((float(x), float(y)) for x, y in points)
    return Face(Box(left, top, right - left, bottom - top), float(row[4]), landmarks)
