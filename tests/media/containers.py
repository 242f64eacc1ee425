"""Each codec in each container that takes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tests.media.encode import encode
from tests.media.form import Form, form
from tests.media.tracks import TRACKS

_H264 = ("h264", "h264-no-b", "h264-open-gop", "h264-intra-refresh", "h264-one-keyframe")
_HEVC = ("hevc", "hevc-10")
# fmt: off
_TAKEN = {
    "mp4": (
        *_H264, *("h264-422-10", "h264-444", "h264-rgb", "h264-pyramid", "h264-ntsc", "h264-slow"),
        *_HEVC, *("hevc-intra-refresh", "vp9", "av1", "mpeg4", "mpeg2", "mjpeg", "png"),
    ),
    "m4v": ("h264", "mpeg4"),
    "3gp": ("h264", "mpeg4"),
    "fmp4": (*_H264, *_HEVC, "vp9", "av1", "mpeg4"),
    "mov": (
        *_H264, *_HEVC, *("mpeg4", "mjpeg", "prores", "prores-alpha", "png", "dnxhr", "dv"),
        *("cfhd", "qtrle"),
    ),
    "mkv": (*_H264, *_HEVC, "vp8", "vp9", "av1", "mpeg4", "mpeg2", "mjpeg", "prores", "ffv1"),
    "webm": ("vp8", "vp9", "av1"),
    "avi": ("mpeg4-no-b", "mjpeg", "png", "ffv1", "huffyuv", "dv"),
    "ts": (*_H264, *_HEVC, "h264-slow-refresh", "h264-interlaced", "h264-pyramid", "mpeg2"),
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
    yield form("mkv/h264-ntsc")
    for track in ("vp8-hidden", "vp9-hidden"):  # packets that show no picture
        yield Form(f"webm/{track}", partial(encode, TRACKS[track]))
    for track in ("h264-b-avi", "mpeg4-avi"):
        yield replace(Form(f"avi/{track}", partial(encode, TRACKS[track])), untimed=True)
