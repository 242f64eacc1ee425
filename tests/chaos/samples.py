"""Small files of several kinds, made in code; each can be written in as many variants as wanted.

Variants of a file have other bytes and the same pictures, so they have other hashes and the same
verdict.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import av
import numpy as np
from PIL import Image
from skimage import data

FACE, SIDE = "face", 320


@dataclass(frozen=True, slots=True)
class Sample:
    """One file, and how a number gets into it without changing its pictures."""

    whole: bytes
    vary: Callable[[bytes, int], bytes]

    def variant(self, number: int) -> bytes:
        return self.vary(self.whole, number)


def _with_comment(jpeg: bytes, number: int) -> bytes:
    text = f"variant {number}".encode()
    return jpeg[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(text)) + text + jpeg[2:]


def _with_free_box(mp4: bytes, number: int) -> bytes:
    text = f"variant {number}".encode()
    return mp4 + struct.pack(">I", 8 + len(text)) + b"free" + text


def _portrait() -> Image.Image:
    return Image.fromarray(data.astronaut()).resize((SIDE, SIDE))


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _film(frames: int = 30) -> bytes:
    out, portrait = io.BytesIO(), _portrait()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, "yuv420p"
        stream.codec_context.gop_size = 4
        stream.options = {"preset": "ultrafast", "qp": "32", "sc_threshold": "0"}
        for shift in range(frames):
            moved = Image.new("RGB", (SIDE, SIDE))
            moved.paste(portrait, (shift % 20, 0))
            pixels = np.asarray(moved)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())
    return out.getvalue()


@cache
def samples() -> Mapping[str, Sample]:
    """By name: a still with a face, one without, a film, and a still that cannot be read."""
    scenery = Image.fromarray(data.coffee()).resize((SIDE, SIDE))
    face = _jpeg(_portrait())
    return {
        FACE: Sample(face, _with_comment),
        "scenery": Sample(_jpeg(scenery), _with_comment),
        "film": Sample(_film(), _with_free_box),
        "damaged": Sample(face[:300], _with_comment),
    }


NAMES: Final = (FACE, "scenery", "film", "damaged")
