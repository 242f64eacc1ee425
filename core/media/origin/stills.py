"""The metadata of picture files, found by the structure of each format."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from itertools import islice
from typing import Final

from core.media.origin import xmp
from core.media.origin.metadata import MAX_PACKET_BYTES, MAX_TEXT_BYTES, MAX_TEXTS, Metadata
from core.media.syntax import jpeg_segments, png_chunks, riff_chunks

_JPEG_EXIF, _JPEG_XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_JUMBF = b"JP"  # the common identifier in APP11
_PNG_XMP = b"XML:com.adobe.xmp"
_MAX_PNG_CHUNKS = 200_000  # a picture of a gigabyte in chunks of 8 KiB has fewer
_SEARCHED_BYTES = 64 * 1024**2
# The type of a manifest store in JUMBF (C2PA 2.2, section 11.1.4.2).
_MANIFEST_STORE: Final = bytes.fromhex("6332706100110010800000aa00389b71")


def of_jpeg(data: memoryview, found: Metadata) -> None:
    for marker, content in jpeg_segments.segments(data):
        if marker == jpeg_segments.APP11 and bytes(content[:2]) == _JUMBF:
            found.manifest_bytes += len(content)
        elif marker == jpeg_segments.APP1 and bytes(content[:6]) == _JPEG_EXIF:
            found.add_exif(content[6:])
        elif marker == jpeg_segments.APP1 and bytes(content[: len(_JPEG_XMP)]) == _JPEG_XMP:
            found.add_xmp(content[len(_JPEG_XMP) :])
        elif marker == jpeg_segments.COMMENT:
            found.add("jpeg", "Comment", content)


def of_png(data: memoryview, found: Metadata) -> None:
    texts = 0  # that were unpacked: a chunk of 1 KB may become one of 1 MB
    for name, content in islice(png_chunks.chunks(data), _MAX_PNG_CHUNKS):
        if name == b"caBX":
            found.manifest_bytes += len(content)
        elif name == b"eXIf":
            found.add_exif(content)
        elif name in _PNG_TEXTS and texts < MAX_TEXTS:
            texts += 1
            keyword, _, rest = bytes(content[: MAX_PACKET_BYTES + 512]).partition(b"\0")
            if keyword == _PNG_XMP:
                found.add_xmp(_PNG_TEXTS[name](rest, MAX_PACKET_BYTES))
            else:
                text = _PNG_TEXTS[name](rest, MAX_TEXT_BYTES)
                found.add("png", keyword[:79].decode("latin-1"), text)


def of_webp(data: memoryview, found: Metadata) -> None:
    for name, content in riff_chunks.chunks(data):
        if name == b"C2PA":
            found.manifest_bytes += len(content)
        elif name == b"EXIF":
            found.add_exif(content)
        elif name == b"XMP ":
            found.add_xmp(content)


def of_any(data: memoryview, found: Metadata) -> None:
    """GIF and TIFF, in which XMP and credentials may lie anywhere: their bytes are searched."""
    searched = data[:_SEARCHED_BYTES]
    if re.search(re.escape(_MANIFEST_STORE), searched):
        found.manifest_bytes += len(_MANIFEST_STORE)
    found.add_xmp(xmp.packet_in(searched))


def _plain(rest: bytes, most: int) -> bytes:
    return rest[:most].decode("latin-1").encode()


def _compressed(rest: bytes, most: int) -> bytes:
    return _plain(_unpacked(rest[1:], most), most)  # behind the method, which is always 0


def _international(rest: bytes, most: int) -> bytes:
    """Compression flag and method, language, translated keyword, and the text as UTF-8."""
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    return _unpacked(text, most) if rest[:1] == b"\1" else text


def _unpacked(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return b""


_PNG_TEXTS: Final[dict[bytes, Callable[[bytes, int], bytes]]] = {
    b"tEXt": _plain,
    b"zTXt": _compressed,
    b"iTXt": _international,
}
