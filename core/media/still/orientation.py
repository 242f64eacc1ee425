"""Which way up a picture is, by its EXIF data."""

from __future__ import annotations

from PIL import Image

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What has to be done to a loaded picture so that it stands upright; None for nothing.

    Ask after loading: the TIFF and HEIC plugins turn the picture themselves while they load it,
    and then report orientation 1. Damaged EXIF data counts as 1, as in every viewer.
    """
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a dozen kinds of error come out of damaged EXIF data
        return None
    return _TURNS.get(value) if isinstance(value, int) else None


def swaps_sides(turn: Image.Transpose | None) -> bool:
    """Whether width and height change places."""
    return turn in (_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8])
