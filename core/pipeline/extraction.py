"""The stages that touch uploaded bytes: frames, faces, tracks, JPEG crops."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from core import jpeg
from core.evidence import Cut, Evidence, ExtractOptions, FaceCrop, SampledFrame
from core.faces.detector import crop_box, crop_face
from core.faces.face import MAX_FACES, Box, Face, FaceDetector
from core.faces.tracking import track
from core.media.frames import Frame, open_media


def extract(
    data: bytes | bytearray | memoryview,
    options: ExtractOptions,
    faces: FaceDetector,
    on_frame: Callable[[int], object] = lambda _: None,
) -> Evidence:
    """Decode evenly spaced frames, find the faces and cut them out.

    ``on_frame`` hears how many frames are done, each time one more is.

    Raises a :class:`core.errors.MediaError` when the bytes cannot be judged. When it returns
    or raises, the file's decoder is gone.
    """
    try:
        return _extract(data, options, faces, on_frame)
    finally:
        # PyAV's container and streams hold each other, and with them the decoder's pictures:
        # 250 MB of 720p that stay until the collector of cycles happens to run.
        gc.collect()


def _extract(
    data: bytes | bytearray | memoryview,
    options: ExtractOptions,
    faces: FaceDetector,
    on_frame: Callable[[int], object],
) -> Evidence:
    searching_s = 0.0
    found: list[_Searched] = []
    started = time.perf_counter()
    with open_media(data, options.limits) as media:
        cut = options.cut_of(media.info.kind)
        for frame in media.frames(options.frames, options.sampling):
            searched = time.perf_counter()
            found.append(_search(frame, cut, options, faces))
            searching_s += time.perf_counter() - searched
            on_frame(len(found))
        info, coverage = media.info, media.coverage  # complete once the frames are decoded
    elapsed_s = time.perf_counter() - started
    if any(seen.more_faces for seen in found):
        info = replace(info, notes=(*info.notes, "more_faces_ignored"))
    identities = track([seen.faces for seen in found])
    return Evidence(
        media=info,
        frames_requested=options.frames,
        frames=tuple(
            seen.with_identities(numbers) for seen, numbers in zip(found, identities, strict=True)
        ),
        decode_ms=(elapsed_s - searching_s) * 1000,
        faces_ms=searching_s * 1000,
        covered_s=coverage.covered_s,
        moments_missed=coverage.missed_of(options.frames),
    )


@dataclass(frozen=True, slots=True)
class _Searched:
    """A frame whose pixels are let go: only what is needed of it stays."""

    index: int
    timestamp_s: float
    keyframe: bool
    width_px: int
    faces: tuple[Face, ...]
    more_faces: bool  # than are judged
    jpegs: tuple[bytes, ...]
    cuts: tuple[Box, ...]
    preview: bytes | None

    def with_identities(self, identities: Sequence[int]) -> SampledFrame:
        rows = zip(self.faces, identities, self.jpegs, self.cuts, strict=True)
        crops = tuple(
            FaceCrop(
                face.box, face.score, identity, round(face.box.width * self.width_px), data, cut
            )
            for face, identity, data, cut in rows
        )
        return SampledFrame(self.index, self.timestamp_s, self.keyframe, crops, self.preview)


def _search(frame: Frame, cut: Cut, options: ExtractOptions, detector: FaceDetector) -> _Searched:
    seen = detector.detect(frame.pixels)
    faces = tuple(seen[:MAX_FACES])
    crop = partial(crop_face, size=cut.size, margin=cut.margin)
    jpegs = tuple(jpeg.encode(crop(frame.pixels, face.box)) for face in faces)
    cuts = tuple(crop_box(frame.pixels, face.box, margin=cut.margin) for face in faces)
    return _Searched(
        frame.index,
        frame.timestamp_s,
        frame.keyframe,
        frame.pixels.shape[1],
        faces,
        len(seen) > MAX_FACES,
        jpegs,
        cuts,
        _preview(frame, options),
    )


def _preview(frame: Frame, options: ExtractOptions) -> bytes | None:
    if not options.preview_side:
        return None
    return jpeg.preview(frame.pixels, side=options.preview_side, most_bytes=options.preview_bytes)
