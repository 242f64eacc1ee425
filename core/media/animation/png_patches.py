"""The pictures of an animated PNG (PNG third edition, section 11.3.6), found without decoding."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from core.media.animation.canvas import Disposal, Patch
from core.media.syntax.png_chunks import SIGNATURE, chunks, packed

_CONTROL = struct.Struct(">5I2H2B")
_DISPOSALS = {1: Disposal.CLEAR, 2: Disposal.RESTORE}
_COLOURS = (b"PLTE", b"tRNS")
_PIXELS = {b"IDAT": 0, b"fdAT": 4}  # how many bytes stand before the pixels


def png_patches(data: memoryview) -> Iterator[Patch]:
    """Every picture in order; none of a PNG that is not animated.

    Without a valid ``acTL`` chunk before the pixels, viewers show the default image alone. The
    default image is a picture of the animation only when an ``fcTL`` chunk precedes it. Raises
    :class:`struct.error` for an ``fcTL`` chunk that is too short.
    """
    reader = _Reader()
    for name, content in chunks(data):
        if name == b"IDAT" and not reader.announced:
            return
        if name in (b"fcTL", b"IEND"):
            yield from reader.finished()
            if name == b"IEND" or not reader.announced:
                return
            reader.control, reader.pixels = bytes(content), []
        else:
            reader.take(name, content)
    yield from reader.finished()  # the file is cut


class _Reader:
    """What the chunks so far have said."""

    def __init__(self) -> None:
        self.announced = 0  # pictures that are still to come
        self.control: bytes | None = None
        self.pixels: list[memoryview] = []
        self._header = b""
        self._colours: list[bytes] = []

    def take(self, name: bytes, content: memoryview) -> None:
        if name == b"IHDR":
            self._header = bytes(content)
        elif name in _COLOURS:
            self._colours.append(packed(name, content))
        elif name == b"acTL" and not self.announced:
            self.announced = int.from_bytes(content[:4], "big")
        elif name in _PIXELS and self.control is not None:
            self.pixels.append(content[_PIXELS[name] :])

    def finished(self) -> Iterator[Patch]:
        """The picture whose chunks are complete, if there is one."""
        if self.control is None or not self.pixels:
            return
        _, width, height, left, top, delay, per_s, disposal, blend = _CONTROL.unpack(
            self.control[: _CONTROL.size]
        )
        self.announced -= 1
        yield Patch(
            left,
            top,
            width,
            height,
            round(1000 * delay / (per_s or 100)),
            _DISPOSALS.get(disposal, Disposal.KEEP),
            blend == 1,
            "png",
            tuple(self._still(width, height)),
        )

    def _still(self, width: int, height: int) -> Iterator[bytes | memoryview]:
        """A PNG of this picture alone; Pillow does not look at the checksum of pixels."""
        yield SIGNATURE
        yield packed(b"IHDR", struct.pack(">II", width, height) + self._header[8:])
        yield from self._colours
        yield struct.pack(">I", sum(map(len, self.pixels))) + b"IDAT"
        yield from self.pixels
        yield bytes(4) + packed(b"IEND", b"")
