"""Films for :mod:`benchmarks.cost_growth`: a few pictures with faces, encoded once and repeated."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tests.e2e.films import portrait

FPS: Final = 10  # sparse, so that an hour stays below the limit of bytes
PIECE_S: Final = 2
PIECE: Final = FPS * PIECE_S  # frames
COLUMNS, ROWS = 4, 2  # places for faces in a picture
# No HEVC: libx265 of this build is said to corrupt the heap of a process that encodes with it.
OPTIONS: Final[dict[str, dict[str, str]]] = {
    "libx264": {"preset": "ultrafast", "crf": "28", "sc_threshold": "0"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b": "0"},
    "libsvtav1": {"preset": "12", "crf": "40", "svtav1-params": "lp=1:pred-struct=1"},
}
NAMES: Final = {"libx264": "H.264", "libvpx-vp9": "VP9", "libsvtav1": "AV1"}


def film(seconds: int, size: tuple[int, int], *, codec: str = "libx264", faces: int = 1) -> bytes:
    """An MP4 of so many seconds, a keyframe every two, with so many copies of one face (0 to 8)."""
    if not 0 <= faces <= COLUMNS * ROWS or seconds % PIECE_S:
        raise ValueError(f"{faces} faces of 0 to {COLUMNS * ROWS}, {seconds} s in steps of 2 s")
    out, (width, height) = io.BytesIO(), size
    with av.open(out, "w", format="mp4") as file:
        stream: Any = file.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = PIECE
        stream.codec_context.max_b_frames = 0
        stream.options = OPTIONS[codec]
        piece = list(_encoded(stream, _still(size, faces)))
        for turn in range(seconds * FPS // PIECE):
            for old in piece:
                packet: Any = av.Packet(bytes(old))
                packet.stream, packet.time_base = stream, old.time_base
                span = round(turn * PIECE / FPS / old.time_base)
                packet.pts, packet.dts = old.pts + span, old.dts + span
                packet.duration, packet.is_keyframe = old.duration, old.is_keyframe
                file.mux(packet)
    return out.getvalue()


def _encoded(stream: Any, still: NDArray[np.uint8]) -> Iterator[Any]:
    """The packets of one piece, in which the picture moves to and fro."""
    for at in range(PIECE):
        moved = np.roll(still, (at % FPS) * still.shape[1] // 640, axis=1)
        yield from stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24"))
    yield from stream.encode()


def _still(size: tuple[int, int], faces: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: faces of a quarter of the width, over faint noise."""
    width, height = size
    picture = np.random.default_rng(5).integers(0, 8, (height, width, 3), np.uint8)
    side = min(width // COLUMNS, height // ROWS)
    face = np.asarray(cv2.resize(portrait(), (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    for number in range(faces):
        row, column = divmod(number, COLUMNS)
        top, left = row * side, column * side
        picture[top : top + side, left : left + side] = face
    return picture
