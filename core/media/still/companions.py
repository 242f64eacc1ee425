"""What a still file carries beside the picture that is judged: a clip, or further pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from PIL.TiffImagePlugin import TiffImageFile

from core.errors import UnreadableMedia, UnsupportedMedia
from core.media.limits import refusing
from core.media.sniff import HEAD_BYTES, sniff
from core.media.still.openers import open_picture

# Phones append the clip of a motion photo to the JPEG, or put it into an ``mpvd`` box of the HEIC.
# The clip is an ISO file, whose first box is named so.
_FIRST_BOX = re.compile(rb"ftyp")
_OWN_BOX_BYTES = 12  # a HEIF file begins with one of its own
_BOX_BYTES = range(16, 1024)
_SUBFILE_TYPE, _THUMBNAIL = 254, 1


def notes_of(name: str, data: memoryview) -> Iterator[str]:
    """Notes for what is not looked at in a still file of that ``Format.name``."""
    named = _FIRST_BOX.finditer(data, _OWN_BOX_BYTES)
    if any(_is_clip(data[name.start() - 4 :]) for name in named):
        yield "motion_photo_clip_ignored"
    if (name == "tiff" and _has_pages(data)) or (name == "heic" and _has_more_pictures(data)):
        yield "other_pages_ignored"


def _is_clip(data: memoryview) -> bool:
    if int.from_bytes(data[:4], "big") not in _BOX_BYTES:
        return False
    try:
        return not sniff(bytes(data[:HEAD_BYTES])).is_picture
    except UnsupportedMedia:
        return False


def _has_more_pictures(data: memoryview) -> bool:
    """Whether there are others beside the primary one; thumbnails and depth maps do not count."""
    with refusing("HEIC"), open_picture("heic", data) as image:
        return int(getattr(image, "n_frames", 1)) > 1


def _has_pages(data: memoryview) -> bool:
    """Whether a second page follows that can be read and is no thumbnail of the first."""
    try:
        with refusing("TIFF"), open_picture("tiff", data) as image:
            image.seek(1)
            kind = cast("TiffImageFile", image).tag_v2.get(_SUBFILE_TYPE, 0)
    except UnreadableMedia:
        return False
    return not int(kind) & _THUMBNAIL
