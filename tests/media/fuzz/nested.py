"""Layouts of formats whose parts lie in parts: MP4, MOV, HEIF and AVIF; Matroska; AVI and WebP."""

from __future__ import annotations

from tests.media.fuzz.layout import Layout

# How many bytes lie before the boxes in a box that holds boxes.
_ISO = {
    **dict.fromkeys((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta"), 0),
    **dict.fromkeys((b"moof", b"traf", b"mvex", b"iprp", b"ipco", b"grpl", b"sinf", b"schi"), 0),
    **dict.fromkeys((b"meta", b"iref"), 4),
    **dict.fromkeys((b"stsd", b"dref"), 8),
    b"iinf": 6,
    **dict.fromkeys((b"avc1", b"hev1", b"hvc1", b"av01", b"vp09", b"encv", b"mp4v", b"apch"), 78),
}
_MASTERS = {
    *(0x1A45DFA3, 0x18538067, 0x114D9B74, 0x4DBB, 0x1549A966, 0x1F43B675, 0x1654AE6B, 0xAE, 0xE0),
    *(0x1C53BB6B, 0xBB, 0xB7, 0xA0, 0x55B0, 0x55D0, 0x1941A469, 0x61A7, 0x6D80, 0x6240, 0x5035),
}
_LARGEST_MASTER_DEPTH = 12  # of files made here; deeper ones are made by wrapping


def iso(data: bytes) -> Layout:
    """The boxes of ISO/IEC 14496-12."""
    layout = Layout(wrap=lambda inner: (8 + len(inner)).to_bytes(4, "big") + b"meta" + inner)
    _boxes(layout, data, 0, len(data))
    return layout


def _boxes(layout: Layout, data: bytes, at: int, end: int) -> None:
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big") or end - at
        if size < 8 or at + size > end:
            return
        name = data[at + 4 : at + 8]
        layout.number(at, 4)
        layout.part(at, at + size, at + 4)
        if name in _ISO:
            layout.words(at + 8, at + 8 + _ISO[name])
            _boxes(layout, data, at + 8 + _ISO[name], at + size)
        else:  # of coded pictures the first head
            layout.words(at + 8, at + size, 1 if name == b"mdat" else 4)
        at += size


def matroska(data: bytes) -> Layout:
    """The elements of RFC 8794."""
    layout = Layout(wrap=lambda inner: b"\xae" + (1 << 56 | len(inner)).to_bytes(8, "big") + inner)
    _elements(layout, data, 0, len(data), 0)
    return layout


def _elements(layout: Layout, data: bytes, at: int, end: int, depth: int) -> None:
    while at + 2 <= end and data[at]:
        named, width = at, 9 - data[at].bit_length()
        name = int.from_bytes(data[at : at + width], "big")
        at += width
        if at >= end or not data[at]:
            return
        wide = 9 - data[at].bit_length()
        mask = (1 << 7 * wide) - 1
        size = int.from_bytes(data[at : at + wide], "big") & mask
        layout.number(at, wide, mask=mask)
        start, at = at + wide, end if size == mask else at + wide + size
        if at > end:
            return
        layout.part(named, at, named, width)
        if name in _MASTERS and depth < _LARGEST_MASTER_DEPTH:
            _elements(layout, data, start, at, depth + 1)
        elif 0 < at - start <= 8:
            layout.number(start, at - start)
        else:
            layout.words(start, min(at, start + 16), 1)


def riff(data: bytes) -> Layout:
    """The chunks of AVI and WebP."""
    layout = Layout(wrap=lambda inner: b"LIST" + len(inner).to_bytes(4, "little") + inner)
    layout.number(4, 4, "little")
    _chunks(layout, data, 12, len(data))
    return layout


def _chunks(layout: Layout, data: bytes, at: int, end: int) -> None:
    while at + 8 <= end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        stop = at + 8 + size + size % 2
        if stop > end:
            return
        layout.number(at + 4, 4, "little")
        layout.part(at, stop, at)
        if data[at : at + 4] == b"LIST" and data[at + 8 : at + 12] != b"INFO":
            _chunks(layout, data, at + 12, stop)
        elif data[at : at + 4] == b"ANMF":
            layout.words(at + 8, at + 24, 3, "little")
            _chunks(layout, data, at + 24, stop)
        else:
            layout.words(at + 8, min(stop, at + 64), 2, "little")
        at = stop
