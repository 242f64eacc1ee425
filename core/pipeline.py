"""The one place where the stages meet: bytes → frames → faces → JPEG → score → verdict.

The worker runs :func:`extract` in its sandboxed child and :func:`judge` beside the
model; the command line and the evaluation call the same two functions in one process.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core import jpeg, verdict
from core.bundle import Bundle, RuntimeName
from core.evidence import Evidence, ExtractOptions, FaceCrop, SampledFrame
from core.faces import Face, FaceDetector, crop_face
from core.frames import Frame, open_media
from core.tracking import track


class Scorer(Protocol):
    """P(fake) of face crops: a detector, or a queue in front of one."""

    def score(self, jpegs: Sequence[bytes]) -> NDArray[np.float64]:
        """(n,) float64 in [0, 1]."""
        ...


def extract(
    data: bytes | bytearray | memoryview, options: ExtractOptions, faces: FaceDetector
) -> Evidence:
    """Decode evenly spaced frames, find the faces and cut them out.

    Raises a :class:`core.errors.MediaError` when the bytes cannot be judged.
    """
    searching_s = 0.0
    found: list[_Searched] = []
    started = time.perf_counter()
    with open_media(data, options.limits) as media:
        info = media.info
        for frame in media.frames(options.frames, options.sampling):
            searched = time.perf_counter()
            found.append(_search(frame, options.crop_size, faces))
            searching_s += time.perf_counter() - searched
    elapsed_s = time.perf_counter() - started
    identities = track([seen.faces for seen in found])
    return Evidence(
        media=info,
        frames_requested=options.frames,
        frames=tuple(
            seen.with_identities(numbers) for seen, numbers in zip(found, identities, strict=True)
        ),
        decode_ms=(elapsed_s - searching_s) * 1000,
        faces_ms=searching_s * 1000,
    )


@dataclass(frozen=True, slots=True)
class _Searched:
    """A frame whose pixels are let go: only what is needed of it stays."""

    index: int
    timestamp_s: float
    keyframe: bool
    width_px: int
    faces: tuple[Face, ...]
    jpegs: tuple[bytes, ...]

    def with_identities(self, identities: Sequence[int]) -> SampledFrame:
        crops = (
            FaceCrop(face.box, face.score, identity, round(face.box.width * self.width_px), data)
            for face, identity, data in zip(self.faces, identities, self.jpegs, strict=True)
        )
        return SampledFrame(self.index, self.timestamp_s, self.keyframe, tuple(crops))


def _search(frame: Frame, crop_size: int, detector: FaceDetector) -> _Searched:
    faces = tuple(detector.detect(frame.pixels))
    jpegs = (jpeg.encode(crop_face(frame.pixels, face.box, size=crop_size)) for face in faces)
    width_px = frame.pixels.shape[1]
    return _Searched(frame.index, frame.timestamp_s, frame.keyframe, width_px, faces, tuple(jpegs))


def judge(
    evidence: Evidence,
    scorer: Scorer,
    bundle: Bundle,
    runtime: RuntimeName,
    timings_ms: Mapping[str, int],
) -> dict[str, Any]:
    """Score the crops and decide: the ``result`` object of the HTTP API.

    ``timings_ms`` are the stages before; decode, faces and infer are added here.
    """
    started = time.perf_counter()
    probabilities = scorer.score([crop.jpeg for crop in evidence.crops])
    infer_ms = (time.perf_counter() - started) * 1000
    decided = verdict.decide(evidence, probabilities.tolist(), bundle.manifest.thresholds)
    return verdict.to_json(
        decided,
        model={**bundle.reference, "runtime": runtime.value},
        calibrated=bundle.manifest.calibration is not None,
        timings_ms={
            **timings_ms,
            "decode": round(evidence.decode_ms),
            "faces": round(evidence.faces_ms),
            "infer": round(infer_ms),
        },
    )
