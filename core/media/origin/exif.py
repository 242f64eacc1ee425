"""Texts of EXIF that can tell of an origin; Pillow reads the directory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Final, cast

from PIL import ExifTags, Image

from core.media.origin.metadata import Tag
from core.media.syntax.byte_reader import ByteReader

_BASE: Final[dict[int, str]] = {
    ExifTags.Base.Software: "Software",
    ExifTags.Base.Artist: "Artist",
    ExifTags.Base.Make: "Make",
    ExifTags.Base.Model: "Model",
    ExifTags.Base.Copyright: "Copyright",
    ExifTags.Base.ImageDescription: "ImageDescription",
}
_OF_THE_PICTURE: Final[dict[int, str]] = {ExifTags.Base.UserComment: "UserComment"}
_COMMENT_CODES: Final = {
    b"UNICODE\0": ("utf-16-be", "utf-16-le"),
    b"ASCII\0\0\0": ("utf-8",),
    bytes(8): ("utf-8",),
}


def tags(data: bytes | memoryview) -> Iterator[Tag]:
    """The texts in a block of EXIF, or in a whole TIFF file; nothing where it is damaged."""
    exif = Image.Exif()
    try:
        exif.load_from_fp(cast("IO[bytes]", ByteReader(data)))
        values, inner = dict(exif), exif.get_ifd(ExifTags.IFD.Exif)
    except Exception:  # noqa: BLE001 - whatever Pillow stumbles over, there is nothing to tell
        return
    yield from _texts(values, _BASE)
    yield from _texts(inner, _OF_THE_PICTURE)


def _texts(values: Mapping[int, object], names: Mapping[int, str]) -> Iterator[Tag]:
    for number, name in names.items():
        value = values.get(number)
        text = _comment(value) if isinstance(value, bytes) else value
        if isinstance(text, str) and text.strip("\0 "):
            yield Tag("exif", name, text.strip("\0 "))


def _comment(value: bytes) -> str:
    """A user comment: eight bytes name the code, and nobody says which byte comes first."""
    codes = _COMMENT_CODES.get(value[:8], ())
    texts = [value[8:].decode(code, "replace") for code in codes]
    return min(texts, key=lambda text: sum(ord(each) > 0xFF for each in text), default="")
