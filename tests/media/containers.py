"""Each codec in each container that takes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.media.form import Form, form
from tests.media.tracks import TRACKS, encode

_H264 = ("h264", "h264-no-b", "h264-open-gop", "h264-intra-refresh", "h264-one-keyframe")
_HEVC = ("hevc", "hevc-10")
# fmt: off
_TAKEN = {
    "mp4": (*_H264, "h264-422-10", *_HEVC, "vp9", "av1", "mpeg4", "mpeg2", "mjpeg", "png"),
    "fmp4": (*_H264, *_HEVC, "vp9", "av1", "mpeg4"),
    "mov": (*_H264, *_HEVC, "mpeg4", "mjpeg", "prores", "png", "dnxhr", "dv"),
    "mkv": (*_H264, *_HEVC, "vp8", "vp9", "av1", "mpeg4", "mpeg2", "mjpeg", "prores", "ffv1"),
    "webm": ("vp8", "vp9", "av1"),
    "avi": ("mpeg4-no-b", "mjpeg", "png", "ffv1", "huffyuv"),
    "ts": (*_H264, *_HEVC, "mpeg2"),
    "m2ts": ("h264", "hevc", "mpeg2"),
    "dv": ("dv",),
}
# fmt: on


def forms() -> Iterator[Form]:
    for container, tracks in _TAKEN.items():
        for track in tracks:
            yield form(f"{container}/{track}")
    # AVI wants the headers of H.264 within the pictures, so these are encoded for it.
    yield Form("avi/h264", partial(encode, TRACKS["h264-avi"]))
    for track in ("h264-b-avi", "mpeg4-avi"):
        yield replace(Form(f"avi/{track}", partial(encode, TRACKS[track])), untimed=True)
