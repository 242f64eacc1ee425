"""Still pictures that no encoder writes: odd depths, false sizes, animations with hidden parts."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.media_factory import picture, save_image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _header(size: tuple[int, int], depth: int, colour_type: int) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0))


def _filtered(rows: NDArray[np.generic]) -> bytes:
    """Rows of samples as PNG stores them: each behind the number of its filter, compressed."""
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))


def make_png(samples: NDArray[np.generic]) -> bytes:
    """A PNG of (h, w, 1 or 3) samples of 8 or, in big-endian order, 16 bits."""
    height, width, channels = samples.shape
    header = _header((width, height), 8 * samples.itemsize, 2 if channels == 3 else 0)
    return _SIGNATURE + header + png_chunk(b"IDAT", _filtered(samples)) + png_chunk(b"IEND", b"")


def make_apng(
    frames: Sequence[int],
    size: tuple[int, int] = (64, 64),
    *,
    hidden: int | None = None,
    delays: Sequence[tuple[int, int]] | None = None,
    dispose: int = 0,
) -> bytes:
    """An animated PNG of the pictures with those numbers; ``hidden`` is its default image.

    ``delays`` are numerators and denominators of seconds, a tenth of one where left out.
    """
    head = _SIGNATURE + _header(size, 8, 2)
    body = png_chunk(b"acTL", struct.pack(">II", len(frames), 0))
    if hidden is not None:
        body += png_chunk(b"IDAT", _filtered(picture(hidden, size)))
    sequence = 0
    for place, number in enumerate(frames):
        delay = (1, 10) if delays is None else delays[place]
        control = struct.pack(">IIIIIHHBB", sequence, *size, 0, 0, *delay, dispose, 0)
        pixels, first = _filtered(picture(number, size)), hidden is None and place == 0
        body += png_chunk(b"fcTL", control)
        sequence += 1 if first else 2
        kind, extra = (b"IDAT", b"") if first else (b"fdAT", struct.pack(">I", sequence - 1))
        body += png_chunk(kind, extra + pixels)
    return head + body + png_chunk(b"IEND", b"")


def claiming(name: str, size: tuple[int, int]) -> bytes:
    """A small file whose header claims that many pixels."""
    if name == "png":
        pixels = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
        return _SIGNATURE + _header(size, 8, 2) + pixels + png_chunk(b"IEND", b"")
    data = bytearray(save_image(Image.new("RGB", (64, 48)), name))
    if name == "gif":
        data[6:10] = struct.pack("<HH", *size)
    elif name == "bmp":
        data[18:26] = struct.pack("<ii", *size)
    elif name == "jpeg":
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", *reversed(size))
    elif name == "tiff":
        for tag, side in zip((0x0100, 0x0101), size, strict=True):
            at = data.index(struct.pack("<H", tag), 8)
            data[at + 8 : at + 12] = struct.pack("<I", side)
    return bytes(data)


def nested_boxes(names: list[bytes], depth: int) -> bytes:
    """Boxes in boxes; the names are taken in turn from the outside to the inside."""
    content = b""
    for level in reversed(range(depth)):
        content = struct.pack(">I", 8 + len(content)) + names[level % len(names)] + content
    return content
