"""Single files through the same extraction and judgement as ``deepfake scan``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import MediaError
from core.evidence import ExtractOptions
from core.faces.face import FaceDetector
from core.media.frames import open_media
from core.model.detector import Detector
from core.pipeline.extraction import extract
from core.pipeline.judgement import judge
from training.data.evidence_cache import options_of


@dataclass(frozen=True, slots=True)
class Prediction:
    """What became of one file: the result object of the HTTP API, or an error."""

    file: Path
    result: Mapping[str, Any] | None = None
    error: MediaError | None = None


def predict(files: Sequence[Path], detector: Detector, faces: FaceDetector) -> Iterator[Prediction]:
    """Judge files in their order; one that cannot be read gives its error and stops nothing."""
    options = options_of(detector)
    for file in files:
        try:
            evidence = extract(file.read_bytes(), options, faces)
        except MediaError as error:
            yield Prediction(file, error=error)
            continue
        result = judge(evidence, detector, detector.bundle, detector.runtime.name, {})
        yield Prediction(file, result.to_json())


def shown_frame(prediction: Prediction) -> tuple[NDArray[np.uint8], Sequence[Mapping[str, Any]]]:
    """The picture to show of a file, (h, w, 3) uint8 RGB, and the faces in it.

    Of a video, the most suspicious of the frames that were judged. Raises ValueError for a
    file that has no result.
    """
    if prediction.result is None:
        raise ValueError(f"{prediction.file} was not judged")
    frames = prediction.result["frames"]
    best = max(range(len(frames)), key=lambda i: frames[i]["fake_probability"] or -1.0)
    with open_media(prediction.file.read_bytes()) as media:
        for number, frame in enumerate(media.frames(ExtractOptions().frames)):
            if number == best:
                return frame.pixels, frames[best]["faces"]
    raise ValueError(f"{prediction.file} changed while it was read")
