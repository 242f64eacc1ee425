"""Films that are encrypted: they decode to noise, or to nothing, and are refused by name."""

from __future__ import annotations

from core.errors import EncryptedMedia
from core.media.packet_streams import SYNC, transport_packets
from core.media.sniff import HEAD_BYTES, Format
from core.media.syntax.boxes import BoxReader
from core.media.syntax.ebml import EbmlReader

_SAMPLE_ENTRIES = b"moov/trak/mdia/minf/stbl/stsd"
# Common encryption (ISO/IEC 23001-7), and Apple's FairPlay before it.
_ENCRYPTED_ENTRIES = (b"encv", b"drmi")
# ContentEncodings, ContentEncoding, ContentEncryption (RFC 9559, section 5.1.4.1.31).
_CONTENT_ENCRYPTION = (0x6D80, 0x6240, 0x5035)
_LOOKED_AT = 2_000  # packets of a transport stream


def refuse_encrypted(data: memoryview, file_format: Format) -> None:
    """Raises :class:`EncryptedMedia` for a film that needs a key."""
    if file_format.name in ("mkv", "webm"):
        encrypted = _is_encrypted_matroska(data)
    elif file_format.name == "ts":
        encrypted = _is_scrambled(data)
    else:
        encrypted = _is_encrypted_iso(data)
    if encrypted:
        raise EncryptedMedia(file_format.name.upper())


def _is_encrypted_iso(data: memoryview) -> bool:
    boxes = BoxReader(data)
    return any(
        entry.name in _ENCRYPTED_ENTRIES
        for table in boxes.find(_SAMPLE_ENTRIES)
        for entry in boxes.inside(table, skip=8)
    )


def _is_encrypted_matroska(data: memoryview) -> bool:
    elements = EbmlReader(data)
    return any(
        True for track in elements.video_tracks() for _ in elements.find(_CONTENT_ENCRYPTION, track)
    )


def _is_scrambled(data: memoryview) -> bool:
    """Whether most packets say that their payload is scrambled (ISO/IEC 13818-1, table 2-4)."""
    found = transport_packets(bytes(data[:HEAD_BYTES]))
    if found is None:
        return False
    stride, first = found
    places = [at for at in range(first, len(data) - 3, stride)[:_LOOKED_AT] if data[at] == SYNC]
    return 2 * sum(bool(data[at + 3] & 0x80) for at in places) > len(places)
