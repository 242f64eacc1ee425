"""What a still file carries beside the picture that is judged: a clip, or further pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from PIL import Image, TiffImagePlugin

# The head of an MP4 or MOV: phones append the clip of a motion photo to the JPEG, or put it into
# an ``mpvd`` box of the HEIC. A HEIF file has an ``ftyp`` of its own at its start.
_CLIP = re.compile(rb"ftyp(?=isom|iso[2-9]|mp4[12]|avc1|qt  |3gp|MSNV|M4V )")
_SUBFILE_TYPE, _THUMBNAIL = 254, 1


def notes_of(image: Image.Image, data: memoryview) -> Iterator[str]:
    """Notes for what is not looked at; ``image`` is opened, not loaded."""
    if _CLIP.search(data, 12) is not None:
        yield "motion_photo_clip_ignored"
    if isinstance(image, TiffImagePlugin.TiffImageFile) and _has_pages(image):
        yield "other_pages_ignored"


def _has_pages(image: TiffImagePlugin.TiffImageFile) -> bool:
    """Whether a second page follows that is no thumbnail of the first."""
    try:
        image.seek(1)
    except EOFError:
        return False
    thumbnail = int(image.tag_v2.get(_SUBFILE_TYPE, 0)) & _THUMBNAIL
    image.seek(0)
    return not thumbnail
