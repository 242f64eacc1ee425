"""Painting the pictures of a GIF or an animated PNG over one another, as browsers do.

Pillow can do it too, but mixes half-transparent pixels wrongly, and fills with a background
colour that browsers ignore: so a file could show the detector something else than its viewers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PIL import Image

from core.media.colour.srgb import high_bytes, is_16_bit
from core.media.still.openers import open_picture

_NOTHING = (0, 0, 0, 0)


class Disposal(Enum):
    """What happens to the area of a patch before the next one is painted."""

    KEEP = 0
    CLEAR = 1
    RESTORE = 2


@dataclass(frozen=True, slots=True)
class Patch:
    """One picture of an animation, before it is decoded."""

    left: int
    top: int
    width: int
    height: int
    duration_ms: int
    disposal: Disposal
    over: bool  # laid over what is there; otherwise it takes its place
    format: str  # a ``Format.name``
    still: tuple[bytes | memoryview, ...]  # the parts of a still file that holds this picture


class Canvas:
    """What a viewer shows; nothing at first."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGBA", (width, height), _NOTHING)
        self._last: Patch | None = None
        self._under: Image.Image | None = None

    def paint(self, patch: Patch) -> Image.Image:
        """The RGBA picture that is shown from now on; it changes with the next call.

        Raises what Pillow raises for a damaged patch.
        """
        piece, opaque = self._decoded(patch)
        self._dispose()
        at = (patch.left, patch.top)
        if patch.disposal is Disposal.RESTORE:
            self._under = self._image.crop((*at, at[0] + piece.width, at[1] + piece.height))
        if patch.over and not opaque:
            self._image.alpha_composite(piece, at)
        else:
            self._image.paste(piece, at)
        self._last = patch
        return self._image

    def _decoded(self, patch: Patch) -> tuple[Image.Image, bool]:
        """The part of the patch that lies on the canvas, and whether nothing shines through."""
        with open_picture(patch.format, memoryview(b"".join(patch.still))) as image:
            image.load()
            opaque = not image.has_transparency_data
            piece = (high_bytes(image) if is_16_bit(image) else image).convert("RGBA")
        width = max(0, min(piece.width, self._image.width - patch.left))
        height = max(0, min(piece.height, self._image.height - patch.top))
        whole = piece.size == (width, height)
        return piece if whole else piece.crop((0, 0, width, height)), opaque

    def _dispose(self) -> None:
        last = self._last
        if last is None or last.disposal is Disposal.KEEP:
            return
        right, bottom = last.left + last.width, last.top + last.height
        if last.disposal is Disposal.CLEAR:
            self._image.paste(_NOTHING, (last.left, last.top, right, bottom))
        elif self._under is not None:
            self._image.paste(self._under, (last.left, last.top))
