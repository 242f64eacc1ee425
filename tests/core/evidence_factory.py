"""Evidence made in code: grey crops whose track, size and frame are chosen by the test.

And the scores of a network that gives each crop the probability that the test wants.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core import jpeg
from core.evidence import Evidence, FaceCrop, SampledFrame
from core.faces.face import Box
from core.media.limits import MediaInfo
from core.media.sniff import Kind
from core.model.crop_scores import CropScores


def crop(identity: int = 0, *, width_px: int = 120, size: int = 32, grey: int = 128) -> FaceCrop:
    pixels = np.full((size, size, 3), grey, np.uint8)
    data, cut = jpeg.encode(pixels), Box(0.125, 0.125, 0.75, 0.75)
    return FaceCrop(Box(0.25, 0.25, 0.5, 0.5), 0.9, identity, width_px, data, cut)


def preview(n: int) -> bytes:
    """A frame of 64 x 36 pixels, as grey as its number."""
    return jpeg.encode(np.full((36, 64, 3), n, np.uint8))


def evidence(
    frames: Sequence[Sequence[FaceCrop]],
    *,
    requested: int = 10,
    covered_s: float = 10.8,
    moments_missed: int = 0,
    kind: Kind = Kind.VIDEO,
    previews: bool = False,
) -> Evidence:
    return Evidence(
        media=MediaInfo(kind, "mp4", "h264", 12.0, 1280, 720, 360, ("audio_not_checked",)),
        frames_requested=requested,
        frames=tuple(
            SampledFrame(
                index=30 * n,
                timestamp_s=float(n),
                keyframe=n == 0,
                faces=tuple(faces),
                preview=preview(n) if previews else None,
            )
            for n, faces in enumerate(frames)
        ),
        decode_ms=12.5,
        faces_ms=80.0,
        covered_s=covered_s,
        moments_missed=moments_missed,
    )


def scored(probabilities: Sequence[float], novelty: Sequence[float] | None = None) -> CropScores:
    """Scores whose sigmoids are these, each in [0, 1]; without a calibration they are P(fake)."""
    p = np.asarray(probabilities, np.float64)
    with np.errstate(divide="ignore"):  # of 0 and 1, whose logits are endless
        logit = np.log(p) - np.log1p(-p)
    return CropScores(logit, None if novelty is None else np.asarray(novelty, np.float64))
