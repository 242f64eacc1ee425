"""What the extraction found in films, kept so that no film is decoded twice.

A film costs up to seconds of decoding and face detection; its crops are a few hundred kilobytes.
What is kept is exactly what a worker's decoder hands over, :meth:`core.evidence.Evidence.to_wire`,
under the SHA-256 of the film, the options, and the code and packages that made it: another
version of any of them extracts anew. The folder is outside the repository.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from core.evidence import Evidence, ExtractOptions
from core.faces.face import FaceDetector
from core.model.detector import Detector
from core.options import DEFAULT_FRAMES
from core.pipeline.extraction import extract
from training.data import code_of_core

_CODE = (
    "media",
    "faces",
    "pipeline/extraction.py",
    "evidence.py",
    "jpeg.py",
)  # of core; what extraction runs
_PACKAGES = ("av", "numpy", "opencv-python-headless", "openvino", "pillow", "pillow-heif")


def options_of(detector: Detector, frames: int = DEFAULT_FRAMES) -> ExtractOptions:
    """How films and pictures are extracted for a detector."""
    shown = detector.bundle.manifest.input
    return ExtractOptions(frames=frames, crop_size=shown.size, crop_margin=shown.margin)


class EvidenceCache:
    """Extracts films, or reads what was extracted of them before."""

    def __init__(self, folder: Path | None, faces: Callable[[], FaceDetector]) -> None:
        """``faces`` is called once, before the first film that is new.

        Without a folder every film is extracted anew, for what checks the extraction itself.
        """
        self._folder = None if folder is None else folder / "films"
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        self._faces = cache(faces)

    def extract(self, film: Path, options: ExtractOptions) -> Evidence:
        """As :func:`core.pipeline.extraction.extract`, which names what it raises.

        A film that cannot be judged is not kept, and fails again at the next call.
        """
        data = film.read_bytes()
        if self._folder is None:
            return extract(data, options, self._faces())
        kept = self._folder / f"{_key(data, options)}.npz"
        if kept.is_file():
            return Evidence.from_wire(_read(kept))
        evidence = extract(data, options, self._faces())
        _write(kept, evidence.to_wire())
        return evidence


@cache
def fingerprint() -> str:
    """Of the code and the packages that extraction runs."""
    return code_of_core.fingerprint(_CODE, _PACKAGES)


def _key(film: bytes, options: ExtractOptions) -> str:
    how = f"{options!r} {fingerprint()}".encode()
    return f"{hashlib.sha256(film).hexdigest()[:32]}-{hashlib.sha256(how).hexdigest()[:16]}"


def _write(file: Path, parts: list[bytes]) -> None:
    packed = io.BytesIO()
    np.savez(packed, *(np.frombuffer(part, np.uint8) for part in parts))
    temporary = file.with_suffix(".part")
    temporary.write_bytes(packed.getvalue())
    temporary.replace(file)  # whole or not at all


def _read(file: Path) -> list[bytes]:
    with np.load(file) as kept:
        return [kept[f"arr_{number}"].tobytes() for number in range(len(kept.files))]
