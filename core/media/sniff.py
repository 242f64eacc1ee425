"""Detects the format of a file from its first bytes.

File names and declared media types do not count. This is pure Python on bytes, so the gateway
can refuse an upload after its first chunk without loading a decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import EmptyMedia, UnsupportedMedia
from core.media import foreign, packet_streams, raw_photos

HEAD_BYTES = 4096


class Kind(StrEnum):
    """Whether a format has a timeline."""

    VIDEO = "video"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Format:
    """A file format that is taken; ``media_type`` is its registered MIME type."""

    name: str
    kind: Kind
    media_type: str

    @property
    def is_picture(self) -> bool:
        """True for a picture file, which may move; the kind says whether it seems to."""
        return self.media_type.startswith("image/")


MP4 = Format("mp4", Kind.VIDEO, "video/mp4")
MOV = Format("mov", Kind.VIDEO, "video/quicktime")
MKV = Format("mkv", Kind.VIDEO, "video/x-matroska")
WEBM = Format("webm", Kind.VIDEO, "video/webm")
AVI = Format("avi", Kind.VIDEO, "video/x-msvideo")
TS = Format("ts", Kind.VIDEO, "video/mp2t")
MPG = Format("mpg", Kind.VIDEO, "video/mpeg")
DV = Format("dv", Kind.VIDEO, "video/dv")
GIF = Format("gif", Kind.VIDEO, "image/gif")
WEBP = Format("webp", Kind.IMAGE, "image/webp")
WEBP_ANIMATION = Format("webp", Kind.VIDEO, "image/webp")
JPEG = Format("jpeg", Kind.IMAGE, "image/jpeg")
PNG = Format("png", Kind.IMAGE, "image/png")
PNG_ANIMATION = Format("png", Kind.VIDEO, "image/apng")
BMP = Format("bmp", Kind.IMAGE, "image/bmp")
TIFF = Format("tiff", Kind.IMAGE, "image/tiff")
AVIF = Format("avif", Kind.IMAGE, "image/avif")
AVIF_SEQUENCE = Format("avif", Kind.VIDEO, "image/avif")
HEIC = Format("heic", Kind.IMAGE, "image/heic")
HEIC_SEQUENCE = Format("heic", Kind.VIDEO, "image/heic-sequence")

TAKEN = (
    "MP4, MOV, MKV, WebM, AVI, MPEG (TS, M2TS, MPG), DV, GIF, WebP, JPEG, PNG, BMP, TIFF, AVIF "
    "and HEIC"
)

_BRANDLESS = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_SEGMENTS = {b"styp", b"moof", b"sidx"}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis"}
_HEIC_SEQUENCES = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_STILL_BRANDS = {b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"heif"}
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def sniff(head: bytes) -> Format:
    """Name the format of a file from its first bytes; ``HEAD_BYTES`` of them always suffice.

    Raises :class:`EmptyMedia` for no bytes and :class:`UnsupportedMedia`, which names what
    the bytes look like and what is taken, for everything that is not taken.
    """
    if not head:
        raise EmptyMedia
    found = _still(head) or _riff(head) or _ebml(head) or _iso(head) or _packets(head)
    if found is None:
        raise _refusal(foreign.looks_like(head))
    return found


def _refusal(what: str) -> UnsupportedMedia:
    return UnsupportedMedia(f"The file looks like {what}; {TAKEN} files are taken.")


def _still(head: bytes) -> Format | None:
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG_ANIMATION if _has_animation_chunk(head) else PNG
    if head[:4] in _TIFF_MAGICS:
        raw = raw_photos.name_of(head)
        if raw is not None:
            raise _refusal(raw)
        return TIFF
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return BMP
    return None


def _packets(head: bytes) -> Format | None:
    if packet_streams.is_program_stream(head):
        return MPG
    if packet_streams.is_dv(head):
        return DV
    return TS if packet_streams.transport_packets(head) else None


def _has_animation_chunk(head: bytes) -> bool:
    """An ``acTL`` chunk before the pixels; one that lies beyond the head is found when decoding."""
    at = 8
    while at + 8 <= len(head):
        name = head[at + 4 : at + 8]
        if name in (b"acTL", b"IDAT"):
            return name == b"acTL"
        at += 12 + int.from_bytes(head[at : at + 4], "big")
    return False


def _riff(head: bytes) -> Format | None:
    if head[:4] != b"RIFF":
        return None
    if head[8:12] == b"AVI ":
        return AVI
    if head[8:12] == b"WEBP":
        animated = head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 0x02)
        return WEBP_ANIMATION if animated else WEBP
    raise _refusal("a WAV recording" if head[8:12] == b"WAVE" else "an unknown RIFF file")


def _ebml(head: bytes) -> Format | None:
    if head[:4] != b"\x1a\x45\xdf\xa3":
        return None
    doctype = _ebml_doctype(head)
    if doctype == b"webm":
        return WEBM
    if doctype in (b"matroska", None):  # the specification's default
        return MKV
    raise _refusal(f"an EBML document of type {doctype!r}")


def _ebml_doctype(head: bytes) -> bytes | None:
    at, end = _vint(head, 4)
    stop = min(len(head), at + end)
    while at + 2 <= stop:
        width = 9 - head[at].bit_length() if head[at] else 8
        name = head[at : at + width]
        at, size = _vint(head, at + width)
        if name == b"\x42\x82":
            return head[at : at + min(size, 32)].rstrip(b"\0")
        at += size
    return None


def _vint(head: bytes, at: int) -> tuple[int, int]:
    """Read an EBML size: (where its payload begins, how many bytes it has)."""
    if at >= len(head) or head[at] == 0:
        return at + 1, 0
    width = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + width], "big")
    return at + width, value & ((1 << (7 * width)) - 1)


def _iso(head: bytes) -> Format | None:
    name = head[4:8]
    size = int.from_bytes(head[:4], "big")
    if name == b"ftyp":
        return _branded(head, size)
    if size > 1 and size < 8:
        return None
    if name in _BRANDLESS:
        return MOV
    return MP4 if name in _SEGMENTS else None


def _branded(head: bytes, size: int) -> Format:
    stop = min(len(head), size) if size >= 16 else len(head)
    major = head[8:12]
    brands = {head[at : at + 4] for at in range(16, stop - 3, 4)} | {major}
    if major in foreign.BRANDS:
        raise _refusal(foreign.BRANDS[major])
    if major in _AVIF_BRANDS or (major in _STILL_BRANDS and brands & _AVIF_BRANDS):
        return AVIF_SEQUENCE if major in (b"avis", b"msf1") else AVIF
    if major in _HEIC_SEQUENCES:
        return HEIC_SEQUENCE
    if major in _HEIC_BRANDS or major in _STILL_BRANDS:
        return HEIC
    return MOV if major == b"qt  " else MP4
