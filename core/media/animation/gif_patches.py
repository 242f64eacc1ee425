"""The pictures of a GIF (GIF 89a, sections 18 to 23), found without decoding one."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from core.media.animation.canvas import Disposal, Patch

_BLOCK = re.compile(b"[\x21\x2c\x3b]")
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE}
_HEAD_BYTES, _CONTROL_BYTES, _DESCRIPTOR_BYTES = 13, 8, 10
_NO_CONTROL = b"\x21\xf9\x04" + bytes(5)


def gif_size(data: memoryview) -> tuple[int, int]:
    """Width and height of the canvas: the logical screen, or a first picture that is larger."""
    width, height = struct.unpack_from("<HH", data, 6)
    for patch in gif_patches(data):
        return max(width, patch.left + patch.width), max(height, patch.top + patch.height)
    return width, height


def gif_patches(data: memoryview) -> Iterator[Patch]:
    """Every picture in order; ends where the bytes do."""
    if len(data) < _HEAD_BYTES:
        return
    at = _HEAD_BYTES + _table_bytes(data[10])
    palette = data[10:at]
    control = _NO_CONTROL
    while at < len(data):
        block = data[at]
        if block == 0x21 and at + 1 < len(data):
            if data[at + 1] == 0xF9 and at + _CONTROL_BYTES <= len(data):
                control = bytes(data[at : at + _CONTROL_BYTES])
            at = _past_sub_blocks(data, at + 2)
        elif block == 0x2C and at + _DESCRIPTOR_BYTES <= len(data):
            start = at
            at = _past_sub_blocks(data, at + 11 + _table_bytes(data[at + 9]))
            yield _patch(palette, control, data[start:at])
            control = _NO_CONTROL
        elif block == 0x3B:
            return
        else:  # padding between blocks
            found = _BLOCK.search(data, at + 1)
            at = len(data) if found is None else found.start()


def _patch(palette: memoryview, control: bytes, picture: memoryview) -> Patch:
    left, top, width, height = struct.unpack_from("<4H", picture, 1)
    # A file of this picture alone: its screen is as large as it is, its place the corner.
    screen, place = struct.pack("<HH", width, height), struct.pack("<4H", 0, 0, width, height)
    shown_once = control[:3] + bytes((control[3] & 1,)) + control[4:]
    return Patch(
        left,
        top,
        width,
        height,
        10 * int.from_bytes(control[4:6], "little"),
        _DISPOSALS.get(control[3] >> 2 & 7, Disposal.KEEP),
        True,
        "gif",
        (b"GIF89a", screen, palette, shown_once, b"\x2c", place, picture[9:], b"\x3b"),
    )


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _past_sub_blocks(data: memoryview, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
