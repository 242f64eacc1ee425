"""Layouts of formats whose parts follow each other: PNG, GIF, JPEG, TIFF, BMP and MPEG packets."""

from __future__ import annotations

import zlib

from tests.media.fuzz.layout import Layout, Order

_TS_BYTES, _TS_PARTS = 188, 200
_STRIP_OFFSETS = 273
_TIFF_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}


def png(data: bytes) -> Layout:
    layout, at = Layout(), 8
    while at + 12 <= len(data):
        stop = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if stop > len(data):
            break
        layout.number(at, 4)
        layout.part(at, stop, at + 4)
        if data[at + 4 : at + 8] != b"IDAT":
            layout.words(at + 8, stop - 4)
        layout.words(at + 16, min(stop - 4, at + 21), 1)
        at = stop
    return layout


def with_checksums(data: bytes) -> bytes:
    """A PNG whose checksums are right again, so that more than the checksum is looked at."""
    mended, at = bytearray(data), 8
    while at + 12 <= len(data):
        stop = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if stop > len(data):
            break
        mended[stop - 4 : stop] = zlib.crc32(data[at + 4 : stop - 4]).to_bytes(4, "big")
        at = stop
    return bytes(mended)


def gif(data: bytes) -> Layout:
    layout = Layout()
    layout.words(6, 10, 2, "little")
    layout.words(10, 13, 1)
    at = 13 + _colours(data[10])
    while at < len(data) and data[at] in b"\x21\x2c":
        start, picture = at, data[at] == 0x2C
        if picture:
            layout.words(at + 1, at + 9, 2, "little")
            layout.words(at + 9, at + 11, 1)
            at += 11 + _colours(data[at + 9])
        else:
            at += 2
        while at < len(data) and data[at]:
            layout.number(at, 1)
            layout.words(at + 1, min(at + 6, at + 1 + data[at]), 1)
            at += 1 + data[at]
        at += 1
        layout.part(start, min(at, len(data)), start, 2)
    return layout


def _colours(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def jpeg(data: bytes) -> Layout:
    layout, at = Layout(), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        layout.number(at + 2, 2)
        layout.part(at, min(stop, len(data)), at, 2)
        layout.words(at + 4, min(stop, at + 24), 1)
        layout.words(at + 5, min(stop, at + 9), 2)
        at = stop
    layout.words(at, min(at + 16, len(data)), 1)
    return layout


def tiff(data: bytes) -> Layout:
    layout = Layout()
    order: Order = "little" if data[:2] == b"II" else "big"
    layout.number(4, 4, order)
    at = int.from_bytes(data[4:8], order)
    if at + 2 > len(data):
        return layout
    layout.number(at, 2, order)
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(data[at : at + 2], order), 12):
        if entry + 12 > len(data):
            break
        layout.part(entry, entry + 12, entry, 2)
        for start, width in ((0, 2), (2, 2), (4, 4), (8, 2), (8, 4)):
            layout.number(entry + start, width, order)
        _pointed_at(layout, data, entry, order)
    return layout


def _pointed_at(layout: Layout, data: bytes, entry: int, order: Order) -> None:
    kind, count, where = (
        int.from_bytes(data[entry + start : entry + end], order)
        for start, end in ((2, 4), (4, 8), (8, 12))
    )
    size = _TIFF_WIDTHS.get(kind, 1) * count
    if size > 4 and where + size <= len(data):
        layout.words(where, where + size, 4, order)
    elif int.from_bytes(data[entry : entry + 2], order) == _STRIP_OFFSETS and size == 4:
        layout.words(where, min(where + 16, len(data)), 1)


def bmp(data: bytes) -> Layout:
    layout = Layout()
    layout.words(2, min(54, len(data)), 4, "little")
    layout.words(26, 30, 2, "little")
    for start, end in ((2, 10), (14, 18), (18, 54), (54, len(data))):
        layout.part(start, end, start)
    return layout


def packets(data: bytes) -> Layout:
    """Packets of a transport stream, in files of 192 bytes a packet too, and headers of others."""
    step = 192 if data[4:5] == b"\x47" and data[196:197] == b"\x47" else _TS_BYTES
    layout = Layout()
    for start in range(0, min(len(data), _TS_PARTS * step), step):
        layout.part(start, min(start + step, len(data)), start, 4)
        layout.words(start, min(start + 32, len(data)), 1)
    return layout
