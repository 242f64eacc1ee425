"""Films with a real face in them, made in code: the astronaut of scikit-image walks about."""

from __future__ import annotations

import io
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from tests.made_once import made_once

SIZE = (1280, 720)
SLOW_S = 12
# All of the film is decoded: time to interfere.
SLOWLY = {"sampling": "exact", "frames": 50}


@cache
def portrait() -> NDArray[np.uint8]:
    """(512, 512, 3) uint8 RGB: an astronaut, a public-domain photograph by NASA."""
    return np.ascontiguousarray(data.astronaut())


@made_once
def face_video(seconds: int = 4, fps: int = 25, gop: int = 250, preset: str = "ultrafast") -> bytes:
    """A 720p MP4; with one long GOP, ``sampling=exact`` has to decode all of it."""
    width, height = SIZE
    stage = np.random.default_rng(5).integers(0, 90, (height, width, 3), np.uint8)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = gop
        stream.options = {"preset": preset, "crf": "28", "sc_threshold": "0"}
        for index in range(seconds * fps):
            left = 100 + index % 300
            frame = stage.copy()
            frame[100:612, left : left + 512] = portrait()
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return out.getvalue()


def slow_film() -> bytes:
    """A film that a worker is busy with for a second or more, if it is asked :data:`SLOWLY`."""
    return face_video(seconds=SLOW_S)


@cache
def face_image() -> bytes:
    out = io.BytesIO()
    Image.fromarray(portrait()).save(out, "JPEG", quality=95)
    return out.getvalue()


@cache
def landscape() -> bytes:
    """A photograph without a face: a cup of coffee."""
    out = io.BytesIO()
    Image.fromarray(data.coffee()).save(out, "JPEG", quality=90)
    return out.getvalue()
