"""What a still file carries beside the picture that is judged: a clip, or further pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from PIL.TiffImagePlugin import TiffImageFile

from core.errors import UnreadableMedia
from core.media.limits import refusing
from core.media.openers import open_picture

# The head of an MP4 or MOV: phones append the clip of a motion photo to the JPEG, or put it into
# an ``mpvd`` box of the HEIC. A HEIF file has an ``ftyp`` of its own at its start.
_CLIP = re.compile(rb"ftyp(?=isom|iso[2-9]|mp4[12]|avc1|qt  |3gp|MSNV|M4V )")
_SUBFILE_TYPE, _THUMBNAIL = 254, 1


def notes_of(name: str, data: memoryview) -> Iterator[str]:
    """Notes for what is not looked at in a still file of that ``Format.name``."""
    if _CLIP.search(data, 12) is not None:
        yield "motion_photo_clip_ignored"
    if name == "tiff" and _has_pages(data):
        yield "other_pages_ignored"


def _has_pages(data: memoryview) -> bool:
    """Whether a second page follows that can be read and is no thumbnail of the first."""
    try:
        with refusing("TIFF"), open_picture("tiff", data) as image:
            image.seek(1)
            kind = cast("TiffImageFile", image).tag_v2.get(_SUBFILE_TYPE, 0)
    except UnreadableMedia:
        return False
    return not int(kind) & _THUMBNAIL
