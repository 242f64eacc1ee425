"""Films with faces: a few pictures, encoded once and repeated, and kept in a folder."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tests.e2e.films import portrait

FPS: Final = 10  # sparse, so that an hour stays below the limit of bytes
HD: Final = (1280, 720)
COLUMNS, ROWS = 4, 2  # places for faces in a picture
OPTIONS: Final[dict[str, dict[str, str]]] = {
    "libx264": {"preset": "ultrafast", "crf": "28", "sc_threshold": "0"},
    "libx265": {
        "preset": "ultrafast",
        "crf": "30",
        "x265-params": "pools=none:frame-threads=1:scenecut=0:open-gop=0:log-level=none",
    },
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b": "0"},
    "libsvtav1": {"preset": "12", "crf": "40", "svtav1-params": "lp=1:pred-struct=1"},
}
NAMES: Final = {"libx264": "H.264", "libx265": "HEVC", "libvpx-vp9": "VP9", "libsvtav1": "AV1"}


@dataclass(frozen=True, slots=True)
class Film:
    """What is in an MP4: so many copies of one face (0 to 8) that move to and fro."""

    seconds: int = 10
    pixels: tuple[int, int] = HD
    codec: str = "libx264"
    faces: int = 1
    keyframe_s: int = 2  # from one keyframe to the next; of this much the packets repeat

    def __post_init__(self) -> None:
        if not 0 <= self.faces <= COLUMNS * ROWS:
            raise ValueError(f"{self.faces} faces; a picture has 0 to {COLUMNS * ROWS}.")
        if self.seconds % self.keyframe_s:
            raise ValueError(f"{self.seconds} s are no multiple of {self.keyframe_s} s.")

    @property
    def file_name(self) -> str:
        width, height = self.pixels
        size = f"{width}x{height}-{self.seconds}s-keyframe-{self.keyframe_s}s"
        return f"{self.codec}-{size}-faces-{self.faces}.mp4"

    def encoded(self) -> bytes:
        """The same packets again and again with later times: no frame is encoded twice."""
        out, (width, height) = io.BytesIO(), self.pixels
        with av.open(out, "w", format="mp4") as file:
            stream: Any = file.add_stream(self.codec, rate=FPS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.gop_size = FPS * self.keyframe_s
            stream.codec_context.max_b_frames = 0
            stream.options = OPTIONS[self.codec]
            piece = list(_encoded(stream, _still(self), FPS * self.keyframe_s))
            for turn in range(self.seconds // self.keyframe_s):
                for old in piece:
                    file.mux(_later(old, stream, turn * self.keyframe_s))
        return out.getvalue()


def _later(old: Any, stream: Any, seconds: int) -> Any:
    packet: Any = av.Packet(bytes(old))
    packet.stream, packet.time_base = stream, old.time_base
    span = round(seconds / old.time_base)
    packet.pts, packet.dts = old.pts + span, old.dts + span
    packet.duration, packet.is_keyframe = old.duration, old.is_keyframe
    return packet


def _encoded(stream: Any, still: NDArray[np.uint8], frames: int) -> Iterator[Any]:
    """The packets of one piece, in which the picture moves to and fro."""
    for at in range(frames):
        moved = np.roll(still, (at % FPS) * still.shape[1] // 640, axis=1)
        yield from stream.encode(av.VideoFrame.from_ndarray(moved, format="rgb24"))
    yield from stream.encode()


def _still(film: Film) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: faces of a quarter of the width at most, over faint noise."""
    width, height = film.pixels
    picture = np.random.default_rng(5).integers(0, 8, (height, width, 3), np.uint8)
    side = min(width // COLUMNS, height // ROWS)
    face = np.asarray(cv2.resize(portrait(), (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    for number in range(film.faces):
        row, column = divmod(number, COLUMNS)
        top, left = row * side, column * side
        picture[top : top + side, left : left + side] = face
    return picture
