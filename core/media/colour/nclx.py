"""The colour code of a HEIF or AVIF picture, which Pillow does not tell of AVIF.

The code points are those of ITU-T H.273; the box is ISO/IEC 14496-12's ``colr`` of type ``nclx``.
"""

from __future__ import annotations

from core.media.syntax.boxes import Box, BoxReader


def primary_code(data: memoryview) -> tuple[int, int] | None:
    """(primaries, transfer) of the primary item of a HEIF or AVIF file; None when it has none.

    ISO/IEC 23008-12, section 9.3: items refer to a list of properties by number, from 1.
    """
    boxes = BoxReader(data)
    for meta in (box for box in boxes.top() if box.name == b"meta"):
        parts = {box.name: box for box in boxes.inside(meta, skip=4)}
        if b"iprp" not in parts:
            continue
        inner = {box.name: box for box in boxes.inside(parts[b"iprp"])}
        if b"ipco" in inner and b"ipma" in inner and b"pitm" in parts:
            properties = list(boxes.inside(inner[b"ipco"]))
            wanted = _associated(boxes, inner[b"ipma"], _primary(boxes, parts[b"pitm"]))
            return _first_code(boxes, [box for i, box in enumerate(properties, 1) if i in wanted])
    return None


def _primary(boxes: BoxReader, box: Box) -> int:
    content = boxes.content(box)
    width = 2 if boxes.version(box) == 0 else 4
    return int.from_bytes(content[4 : 4 + width], "big")


def _associated(boxes: BoxReader, box: Box, item: int) -> set[int]:
    """The numbers of the properties of an item."""
    content = boxes.content(box)
    id_bytes = 2 if boxes.version(box) == 0 else 4
    index_bytes = 2 if content[3:4] and content[3] & 1 else 1
    at = 8
    while at + id_bytes < len(content):
        found = int.from_bytes(content[at : at + id_bytes], "big")
        count = content[at + id_bytes]
        at += id_bytes + 1
        if found == item:
            essential = 1 << (8 * index_bytes - 1)
            ends = range(at, at + count * index_bytes, index_bytes)
            return {int.from_bytes(content[i : i + index_bytes], "big") & ~essential for i in ends}
        at += count * index_bytes
    return set()


def _first_code(boxes: BoxReader, properties: list[Box]) -> tuple[int, int] | None:
    for box in properties:
        content = bytes(boxes.content(box)[:8])
        if box.name == b"colr" and content[:4] == b"nclx" and len(content) == 8:
            return int.from_bytes(content[4:6], "big"), int.from_bytes(content[6:8], "big")
    return None
