"""How long every frame of an animated image is shown, read from block headers alone.

No pixel is decoded for it. Every function yields milliseconds as they stand in the file, in
order, and ends where the bytes do; callers bound how many they take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.media.png_chunks import chunks
from core.media.sample_tables import sample_durations

_GIF_BLOCK = re.compile(b"[\x21\x2c\x3b]")


def gif_durations(data: memoryview) -> Iterator[int]:
    """Of a GIF (89a, sections 20 and 23)."""
    if len(data) < 13:
        return
    at = 13 + _colour_table(data[10])
    delay_ms = 0
    while at < len(data):
        block = data[at]
        if block == 0x21 and at + 1 < len(data):
            if data[at + 1] == 0xF9 and at + 8 <= len(data):
                delay_ms = 10 * int.from_bytes(data[at + 4 : at + 6], "little")
            at = _past_sub_blocks(data, at + 2)
        elif block == 0x2C and at + 10 <= len(data):
            yield delay_ms
            delay_ms = 0
            at = _past_sub_blocks(data, at + 11 + _colour_table(data[at + 9]))
        elif block == 0x3B:
            return
        else:  # padding between blocks, as Pillow reads it
            found = _GIF_BLOCK.search(data, at + 1)
            at = len(data) if found is None else found.start()


def _colour_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _past_sub_blocks(data: memoryview, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def webp_durations(data: memoryview) -> Iterator[int]:
    """Of an animated WebP (RFC 9649, section 2.7.1.1)."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if bytes(data[at : at + 4]) == b"ANMF" and at + 24 <= len(data):
            yield int.from_bytes(data[at + 20 : at + 23], "little")
        at += 8 + size + (size & 1)


def png_durations(data: memoryview) -> Iterator[int]:
    """Of an animated PNG (PNG third edition, section 11.3.6); nothing for any other PNG.

    Without a valid ``acTL`` chunk before the pixels, viewers show the default image alone.
    """
    announced = 0
    for name, content in chunks(data):
        if name == b"acTL" and not announced:
            announced = int.from_bytes(content[:4], "big")
        elif name == b"fcTL" and announced and len(content) >= 24:
            delay, per_s = (int.from_bytes(content[at : at + 2], "big") for at in (20, 22))
            yield round(1000 * delay / (per_s or 100))
            announced -= 1
            if not announced:
                return
        elif name in (b"IDAT", b"IEND") and not announced:
            return


def avif_durations(data: memoryview) -> Iterator[int]:
    """Of an AVIF image sequence."""
    return (round(1000 * seconds) for seconds in sample_durations(data))
