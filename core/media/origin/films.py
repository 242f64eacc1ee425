"""The metadata of films, and of the pictures that share the boxes of MP4 (HEIC and AVIF)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.media.origin import xmp
from core.media.origin.metadata import MAX_TEXT_BYTES, Metadata
from core.media.syntax import riff_chunks
from core.media.syntax.boxes import Box, BoxReader
from core.media.syntax.ebml import SEGMENT, EbmlReader

_MANIFEST: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA 2.2, section A.5.3
_XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_COPYRIGHT_SIGN: Final = 0xA9  # with which QuickTime's names of texts begin
_EBML_INFO: Final = (SEGMENT, 0x1549A966)
_EBML_TEXTS: Final = {0x4D80: "MuxingApp", 0x5741: "WritingApp", 0x7BA9: "Title"}
_ITEMS_BYTES: Final = 4 * 1024**2  # behind the boxes; small items such as EXIF lie at the front
_EXIF_ITEM = re.compile(rb"(?:Exif\x00\x00|\x00{4})(?=II\*\x00|MM\x00\*)")


def of_boxes(data: memoryview, found: Metadata) -> None:
    boxes = BoxReader(data)
    for box in boxes.top():
        content = boxes.content(box)
        if box.name == b"uuid" and bytes(content[:16]) == _MANIFEST:
            found.manifest_bytes += len(content)
        elif box.name == b"uuid" and bytes(content[:16]) == _XMP:
            found.add_xmp(content[16:])
        elif box.name == b"moov":
            _of_movie(boxes, box, found)


def of_picture_boxes(data: memoryview, found: Metadata) -> None:
    """HEIC and AVIF, whose EXIF and XMP are items: their first bytes are searched."""
    of_boxes(data, found)
    front = data[:_ITEMS_BYTES]
    found.add_xmp(xmp.packet_in(front))
    if block := _EXIF_ITEM.search(front):
        found.add_exif(front[block.end() :])


def of_ebml(data: memoryview, found: Metadata) -> None:
    reader = EbmlReader(data)
    info = next(reader.find(_EBML_INFO), None)
    for element in reader.inside(info) if info is not None else ():
        if element.name in _EBML_TEXTS:
            found.add("matroska", _EBML_TEXTS[element.name], data[element.start : element.end])


def of_avi(data: memoryview, found: Metadata) -> None:
    for name, content in riff_chunks.chunks(data):
        if name == b"C2PA":
            found.manifest_bytes += len(content)
        elif name == b"_PMX":
            found.add_xmp(content)
        elif name == b"LIST" and bytes(content[:4]) == b"INFO":
            for key, text in riff_chunks.parts(content):
                found.add("avi", key.decode("latin-1"), text)


def _of_movie(boxes: BoxReader, movie: Box, found: Metadata) -> None:
    for box in boxes.inside(movie):
        if box.name == b"meta":
            _of_items(boxes, box, found)
        elif box.name == b"udta":
            for part in boxes.inside(box):
                if part.name == b"meta":
                    _of_items(boxes, part, found)
                elif part.name == b"XMP_":
                    found.add_xmp(boxes.content(part))
                elif part.name[0] == _COPYRIGHT_SIGN:  # behind its length and language
                    found.add("mp4", _name(part), boxes.content(part)[4:])


def _of_items(boxes: BoxReader, meta: Box, found: Metadata) -> None:
    """Tags of iTunes, named by their boxes, or of QuickTime, named in a list of keys."""
    parts = _parts(boxes, meta)
    keys = list(_keys(boxes, parts[b"keys"])) if b"keys" in parts else []
    for item in boxes.inside(parts[b"ilst"]) if b"ilst" in parts else ():
        number = int.from_bytes(item.name, "big")
        name = keys[number - 1] if 0 < number <= len(keys) else _name(item)
        for value in boxes.inside(item):
            if value.name == b"data":  # behind its type and language
                found.add("mp4", name, boxes.content(value)[8:])


def _parts(boxes: BoxReader, meta: Box) -> dict[bytes, Box]:
    """The boxes of a ``meta`` box, which has a version and flags in MP4 and none in QuickTime."""
    for skip in (4, 0):
        parts = {box.name: box for box in boxes.inside(meta, skip)}
        if b"ilst" in parts:
            return parts
    return {}


def _keys(boxes: BoxReader, box: Box) -> Iterator[str]:
    content = boxes.content(box)
    at = 8
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if size < 8:
            return
        yield bytes(content[at + 8 : at + min(size, MAX_TEXT_BYTES)]).decode("utf-8", "replace")
        at += size


def _name(box: Box) -> str:
    return box.name.decode("latin-1")
