"""Forms that do not hold yet, and the defect because of which they do not."""

from __future__ import annotations

from fnmatch import fnmatch

_IN_PROCESS = {
    "mp4/h264-open-gop of two parts": "D3",
    "mkv/*mirrored": "D6",
    "*/hevc-pq": "D14",
    "*/hevc-hlg": "D14",
    "*/av1-pq": "D14",
    "*/hevc-wide-gamut": "D14",
    "* encrypted*": "D30",
    "ts/*": "D49",
    "m2ts/*": "D49",
    "dv/*": "D49",
}
_SANDBOXED: dict[str, str] = {}


def defect(name: str, *, sandboxed: bool) -> str | None:
    """Which defect keeps the form of that name from holding; None when it must hold."""
    known = _SANDBOXED if sandboxed else _IN_PROCESS
    return next((reason for pattern, reason in known.items() if fnmatch(name, pattern)), None)
