"""The video tracks of the matrix: codec, structure, colours, size."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.media import hdr
from tests.media.scene import SIZE, Size

Options = dict[str, str]


@dataclass(frozen=True)
class Track:
    """How a track is encoded; ``home`` is a container that keeps its packets as they are."""

    encoder: str
    options: Options = field(default_factory=dict)
    pix_fmt: str = "yuv420p"
    frames: int = 100
    rate: Fraction | int = 25  # frames a second
    gop: int = 20
    b_frames: int = 0
    size: Size = SIZE
    home: str = "mov"
    transfer: int | None = None  # of BT.2020 colours; None for SDR in BT.601 or BT.709
    icc: bool = False  # PNG or JPEG pictures with a colour profile
    full_range: bool = False
    aspect: Fraction = Fraction(1)  # of a pixel
    source_matrix: str | None = None  # of the pictures' conversion, where it is not the default


def _x264(parameters: str) -> Options:
    return {"preset": "ultrafast", "qp": "16", "x264-params": f"{parameters}:scenecut=0:threads=1"}


_X265 = {"preset": "ultrafast", "x265-params": "log-level=none:keyint=20:min-keyint=20:qp=16"}
_DEEP: dict[str, Any] = {"pix_fmt": "yuv420p10le", "b_frames": 2}
_VPX = {"deadline": "realtime", "cpu-used": "8", "b": "3M"}
_ALT_REF = {**_VPX, "deadline": "good", "auto-alt-ref": "1", "lag-in-frames": "16"}
_SVT = {"preset": "11", "crf": "12", "svtav1-params": "lp=1"}
_MPEG = {"qmin": "2", "qmax": "2", "sc_threshold": "1000000000"}
_B = "keyint=20:min-keyint=20:bframes=2:b-adapt=0"
_LONG: dict[str, Any] = {"frames": 1320, "rate": 30, "gop": 60, "size": (96, 72)}

TRACKS: dict[str, Track] = {
    "h264": Track("libx264", _x264(_B), b_frames=2),
    "h264-no-b": Track("libx264", _x264("keyint=20:min-keyint=20:bframes=0")),
    "h264-avi": Track("libx264", _x264("keyint=20:min-keyint=20:bframes=0"), home="avi"),
    "h264-b-avi": Track("libx264", _x264(_B), b_frames=2, home="avi"),
    "h264-open-gop": Track(
        "libx264", _x264("keyint=20:min-keyint=20:open-gop=1:bframes=3:b-adapt=0"), b_frames=3
    ),
    "h264-intra-refresh": Track("libx264", _x264("intra-refresh=1:keyint=20:bframes=0")),
    # Refreshes of 20 columns of blocks, which 10 frames are too few for.
    "h264-slow-refresh": Track(
        "libx264",
        {**_x264("intra-refresh=1:keyint=10:bframes=2"), "preset": "veryfast"},
        frames=200,
        b_frames=3,
        size=(320, 240),
    ),
    "h264-one-keyframe": Track("libx264", _x264("keyint=infinite:bframes=2"), gop=600, b_frames=2),
    "h264-422-10": Track("libx264", _x264(_B), pix_fmt="yuv422p10le", b_frames=2),
    "h264-full-range": Track("libx264", _x264(_B), pix_fmt="yuvj420p", b_frames=2, full_range=True),
    "h264-few": Track("libx264", _x264(_B), frames=7, b_frames=2),
    "h264-wide": Track(
        "libx264", _x264(_B), frames=24, size=(1280, 536), b_frames=2, source_matrix="itu709"
    ),
    "h264-444": Track("libx264", _x264(_B), pix_fmt="yuv444p", b_frames=2),
    "h264-rgb": Track("libx264rgb", _x264(_B), pix_fmt="rgb24", b_frames=2),
    "h264-interlaced": Track("libx264", _x264(_B + ":interlaced=1"), b_frames=2),
    "h264-pyramid": Track(
        "libx264",
        {**_x264("keyint=20:min-keyint=20:bframes=5:b-pyramid=2"), "preset": "medium"},
        b_frames=5,
    ),
    "h264-ntsc": Track("libx264", _x264(_B), rate=Fraction(30_000, 1001), b_frames=2),
    "h264-slow": Track("libx264", _x264(_B), frames=30, rate=1, b_frames=2),
    "h264-one": Track("libx264", _x264(_B), frames=1),
    "h264-stretched": Track("libx264", _x264(_B), b_frames=2, aspect=Fraction(4, 3)),
    "h264-long": Track(
        "libx264", _x264("keyint=60:min-keyint=60:bframes=2:b-adapt=0"), b_frames=2, **_LONG
    ),
    "h264-long-ntsc": Track(
        "libx264",
        _x264("keyint=60:min-keyint=60:bframes=2:b-adapt=0"),
        b_frames=2,
        **{**_LONG, "rate": Fraction(30_000, 1001)},
    ),
    "hevc": Track("libx265", _X265, b_frames=2),
    "hevc-10": Track("libx265", _X265, **_DEEP),
    "hevc-pq": Track("libx265", _X265, frames=40, transfer=hdr.PQ, **_DEEP),
    "hevc-hlg": Track("libx265", _X265, frames=40, transfer=hdr.HLG, **_DEEP),
    "hevc-wide-gamut": Track("libx265", _X265, frames=40, transfer=hdr.SDR, **_DEEP),
    "hevc-intra-refresh": Track(
        "libx265",
        {"preset": "ultrafast", "x265-params": "log-level=none:keyint=20:intra-refresh=1:qp=16"},
    ),
    "hevc-long-one-keyframe": Track(
        "libx265",
        {"preset": "ultrafast", "x265-params": "log-level=none:keyint=-1:bframes=0:qp=16"},
        **{**_LONG, "gop": 2000},
    ),
    "vp8": Track("libvpx", _VPX, home="matroska"),
    "vp8-long": Track("libvpx", _VPX, home="matroska", **_LONG),
    "vp8-small": Track("libvpx", _VPX, size=(96, 72), home="matroska"),
    "vp8-hidden": Track("libvpx", _ALT_REF, home="webm"),
    "vp9-hidden": Track("libvpx-vp9", _ALT_REF, home="webm"),
    "vp9": Track("libvpx-vp9", _VPX, home="matroska"),
    "av1": Track("libsvtav1", _SVT, home="mp4"),
    "av1-pq": Track(
        "libsvtav1", _SVT, pix_fmt="yuv420p10le", frames=40, home="mp4", transfer=hdr.PQ
    ),
    "mpeg4": Track("mpeg4", _MPEG, b_frames=2),
    "mpeg4-no-b": Track("mpeg4", _MPEG),
    "mpeg4-avi": Track("mpeg4", _MPEG, b_frames=2, home="avi"),
    "mpeg2": Track("mpeg2video", _MPEG, b_frames=2),
    "mjpeg": Track(
        "mjpeg", {"qmin": "2", "qmax": "2"}, pix_fmt="yuvj420p", frames=60, full_range=True
    ),
    "prores": Track("prores_ks", {"profile": "lt"}, pix_fmt="yuv422p10le", frames=40),
    "prores-alpha": Track("prores_ks", {"profile": "4444"}, pix_fmt="yuva444p10le", frames=30),
    "mjpeg-one": Track(
        "mjpeg", {"qmin": "2", "qmax": "2"}, pix_fmt="yuvj420p", frames=1, full_range=True
    ),
    "png": Track("png", pix_fmt="rgb24", frames=30),
    "png-icc": Track("png", pix_fmt="rgb24", frames=30, icc=True),
    "mjpeg-icc": Track("mjpeg", pix_fmt="yuvj420p", frames=30, full_range=True, icc=True),
    "ffv1": Track("ffv1", {"level": "3"}, frames=40, home="matroska"),
    "huffyuv": Track("ffvhuff", frames=30, home="avi"),
    "dnxhr": Track("dnxhd", {"profile": "dnxhr_lb"}, pix_fmt="yuv422p", frames=30, size=(256, 144)),
    "cfhd": Track("cfhd", pix_fmt="yuv422p10le", frames=40),
    "qtrle": Track("qtrle", pix_fmt="rgb24", frames=40),
    "dv": Track("dvvideo", pix_fmt="yuv420p", frames=25, size=(720, 576), aspect=Fraction(16, 15)),
}
