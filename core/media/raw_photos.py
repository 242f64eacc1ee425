"""Raw photos of cameras that look like TIFF: DNG, NEF, ARW, CR2 and their kin.

Their first picture is often a thumbnail, and would be judged in place of the photo.
"""

from __future__ import annotations

from typing import Literal

_DNG_VERSION, _SUBFILE_TYPE, _SUB_DIRECTORIES = 0xC612, 254, 330
_CANON = b"CR\x02"


def name_of(head: bytes) -> str | None:
    """What raw photo the first bytes of a TIFF belong to; None for a picture that can be judged.

    Only the first directory is read (TIFF 6.0, section 2), where it lies within ``head``.
    """
    if head[8:11] == _CANON:
        return "a Canon CR2 raw photo"
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"

    def number(at: int, width: int) -> int:
        return int.from_bytes(head[at : at + width], order)

    if number(2, 2) != 42:  # BigTIFF, which no camera writes
        return None
    start = number(4, 4)
    entries = range(start + 2, min(start + 2 + 12 * number(start, 2), len(head) - 11), 12)
    values = {number(at, 2): number(at + 8, 4) for at in entries}
    if _DNG_VERSION in values:
        return "a DNG raw photo"
    if values.get(_SUBFILE_TYPE, 0) & 1 and _SUB_DIRECTORIES in values:
        return "a raw photo"
    return None
