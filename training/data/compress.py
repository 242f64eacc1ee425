"""Round trips through the codecs that pictures and films travel in: JPEG, WebP, H.264, HEVC."""

from __future__ import annotations

import io
from typing import Literal

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Codec = Literal["libx264", "libx265"]

_FILM_FRAMES = 4  # one I, two B and one P frame
_OPTIONS: dict[Codec, dict[str, str]] = {
    "libx264": {"preset": "veryfast", "threads": "1", "bf": "2"},
    # The fastest preset: others take four times as long for pictures that look alike.
    "libx265": {
        "preset": "ultrafast",
        "x265-params": "log-level=none:pools=none:frame-threads=1:bframes=2",
    },
}


def jpeg(pixels: Pixels, quality: int, *, subsampled: bool = True) -> Pixels:
    """(h, w, 3) uint8 RGB through a JPEG of a quality in [0, 100], its colours halved or not."""
    sampling = (
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampled else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    )
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    return _still(pixels, ".jpg", settings)


def webp(pixels: Pixels, quality: int) -> Pixels:
    """(h, w, 3) uint8 RGB through a lossy WebP of a quality in [1, 100]."""
    return _still(pixels, ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality])


def film(pixels: Pixels, codec: Codec, crf: int, motion: tuple[float, float], frame: int) -> Pixels:
    """(h, w, 3) uint8 RGB as one frame of a short film that moves by ``motion``, px a frame.

    ``crf`` is the encoder's constant rate factor: 18 is nearly transparent, 38 very coarse.
    ``frame`` in [0, 3] is the one that shows the picture unmoved: the first is an I frame, the
    others are B and P frames. An odd side loses its last row or column.
    """
    height, width = (side - side % 2 for side in pixels.shape[:2])
    still = pixels[:height, :width]
    shown = [_moved(still, motion, index - frame) for index in range(_FILM_FRAMES)]
    return _decoded(_encoded(shown, codec, crf), frame)


def _still(pixels: Pixels, suffix: str, settings: list[int]) -> Pixels:
    # Both codecs weigh the channels differently, so their order matters.
    _done, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), settings)
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _moved(pixels: Pixels, motion: tuple[float, float], frames: int) -> Pixels:
    if not frames:
        return pixels
    height, width = pixels.shape[:2]
    shift = np.array([[1, 0, motion[0] * frames], [0, 1, motion[1] * frames]])
    moved = cv2.warpAffine(pixels, shift, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, np.uint8)


def _encoded(frames: list[Pixels], codec: Codec, crf: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", "matroska") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {**_OPTIONS[codec], "crf": str(crf)}
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def _decoded(data: bytes, frame: int) -> Pixels:
    with av.open(io.BytesIO(data)) as container:
        container.streams.video[0].thread_count = 1
        for index, shown in enumerate(container.decode(video=0)):
            if index == frame:
                return np.asarray(shown.to_ndarray(format="rgb24"), np.uint8)
    raise ValueError(f"the film has no frame {frame}: it has {_FILM_FRAMES}")
