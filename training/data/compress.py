"""Round trips through the codecs that pictures and films travel in: JPEG, WebP and H.264.

HEVC is left out: libx265 corrupts the heap about once in 1,000 films of a few frames, which ends
the process (a heap corruption by that encoder is also reported to its authors, x265 #774).
"""

from __future__ import annotations

import io

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

MAX_SIDE = 16_383  # px, of WebP; that of H.264 in libx264 is one more
FILM_FRAMES = 4  # one I, two B and one P frame
# cpu-independent: with AVX-512 the macroblock tree of x264 differs from run to run.
_OPTIONS = {
    "preset": "veryfast", "threads": "1", "bf": "2", "x264-params": "cpu-independent=1",
}  # fmt: skip


def jpeg(pixels: Pixels, quality: int, *, subsampled: bool = True) -> Pixels:
    """(h, w, 3) uint8 RGB through a JPEG of a quality in [0, 100], its colours halved or not."""
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    )
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return _still(pixels, ".jpg", settings)


def webp(pixels: Pixels, quality: int) -> Pixels:
    """(h, w, 3) uint8 RGB through a lossy WebP of a quality in [1, 100].

    No side may be longer than ``MAX_SIDE``.
    """
    return _still(pixels, ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality])


def film(pixels: Pixels, crf: int, motion: tuple[float, float], frame: int) -> Pixels:
    """(h, w, 3) uint8 RGB as one frame of a short H.264 film that moves by ``motion``, px a frame.

    ``crf`` is the encoder's constant rate factor: 18 is nearly transparent, 38 very coarse.
    ``frame`` in [0, 3] is the one that shows the picture unmoved: the first is an I frame, the
    others are B and P frames. No side may be longer than ``MAX_SIDE``.
    """
    height, width = pixels.shape[:2]
    # Half as many colours as pixels need even sides: the last row or column is there twice.
    even = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    still = np.asarray(even, np.uint8)
    shown = [_moved(still, motion, index - frame) for index in range(FILM_FRAMES)]
    return _decoded(_encoded(shown, crf), frame)[:height, :width]


def _still(pixels: Pixels, suffix: str, settings: list[int]) -> Pixels:
    # Both codecs weigh the channels differently, so their order matters.
    _, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _moved(pixels: Pixels, motion: tuple[float, float], frames: int) -> Pixels:
    if not frames:
        return pixels
    height, width = pixels.shape[:2]
    shift = np.array([[1, 0, motion[0] * frames], [0, 1, motion[1] * frames]])
    moved = cv2.warpAffine(pixels, shift, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def _encoded(frames: list[Pixels], crf: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", "matroska") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {**_OPTIONS, "crf": str(crf)}
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def _decoded(data: bytes, frame: int) -> Pixels:
    with av.open(io.BytesIO(data), "r") as container:
        container.streams.video[0].thread_count = 1
        for index, shown in enumerate(container.decode(video=0)):
            if index == frame:
                return np.asarray(shown.to_ndarray(format="rgb24"), np.uint8)
    raise ValueError(f"the film has no frame {frame}: it has {FILM_FRAMES}")
