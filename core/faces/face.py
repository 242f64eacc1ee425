"""A face and whoever finds it, without the libraries that do: this module is cheap to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_FACES: Final = 8  # that are judged in one frame; the largest are


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle as fractions of the displayed frame, each in [0, 1]."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Face:
    """A face that was found, and how sure the detector is: ``score`` in [0, 1].

    ``landmarks`` are (x, y) of both eyes, the nose and both corners of the mouth, the left one of
    the picture first, as fractions of the frame, beyond [0, 1] where a face is cut by its edge.
    Training blends faces by them; a detector that finds none leaves them empty.
    """

    box: Box
    score: float
    landmarks: tuple[tuple[float, float], ...] = ()


class FaceDetector(Protocol):
    """Whatever finds faces in a frame."""

    def detect(self, pixels: NDArray[np.uint8]) -> list[Face]:
        """Find the faces of one frame, (h, w, 3) uint8 RGB, the largest first."""
        ...
