"""Forms that do not hold yet, and the defect because of which they do not."""

from __future__ import annotations

from fnmatch import fnmatch

_IN_PROCESS = {
    "mkv/*-long without cues": "D2",
    "webm/*-long without cues": "D2",
    "*-long with half the cues": "D2",
    "*-long from a browser, *": "D2",
    "*-long cut at *": "D2",
    "* trimmed by the muxer from a keyframe on": "D3",
    "* trimmed at both ends": "D3",
    "* trimmed to a part of one group": "D3",
    "* of two parts": "D3",
    "* whose first frame is no keyframe": "D3",
    "*/h264-intra-refresh": "D4",
    "*-long with cues for every frame": "D5",
    "m*/* with every frame said to be a keyframe": "D5",
    "*/png-icc": "D6",
    "*/hevc-pq": "D14",
    "*/hevc-hlg": "D14",
    "*/av1-pq": "D14",
    "*/hevc-wide-gamut": "D14",
    "m[op][4v]/* with a late last frame": "D17",
    "mkv/h264-few with a late last frame": "D17",
    "mkv/h264-long with longer sound": "D27",
    "webm/vp8-long with longer sound": "D27",
    "mkv/h264-long begins at 70 s": "D27",
    "mkv/h264 with a longer second film": "D27",
    "* encrypted*": "D30",
    "*/h264-wide": "D42",
    "* with 18 *": "D44",
    "* with 20 fonts": "D44",
    "* with fonts, subtitles and sound": "D44",
    "m[op][4v]/mpeg[24]": "D46",
    "m4v/mpeg4": "D46",
    "3gp/mpeg4": "D46",
    "avi/mpeg4-avi": "D46",
    "avi/mpeg4-no-b with *sound": "D46",
    "ts/*": "D49",
    "m2ts/*": "D49",
    "dv/*": "D49",
    "* said to last an hour": "D50",
}
_SANDBOXED = {
    "*/png-icc": "D6",
}
CRASHING = "*/png-icc"


def defect(name: str, *, sandboxed: bool) -> str | None:
    """Which defect keeps the form of that name from holding; None when it must hold."""
    known = _SANDBOXED if sandboxed else _IN_PROCESS
    return next((reason for pattern, reason in known.items() if fnmatch(name, pattern)), None)
