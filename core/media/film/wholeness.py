"""Whether all of a film's file is there."""

from __future__ import annotations

from core.errors import UnreadableMedia
from core.media.packet_streams import transport_packets
from core.media.padding import without_padding
from core.media.sniff import HEAD_BYTES, Format
from core.media.syntax import riff_chunks
from core.media.syntax.boxes import BoxReader
from core.media.syntax.ebml import SEGMENT, EbmlReader

_ISO = ("mp4", "mov", "heic")
_MATROSKA = ("mkv", "webm")
_LEAST_PADDING = 16 * 1024  # bytes; muxers fill less to begin at round places
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # of an AVI that was written without going back


def explain(data: memoryview, file_format: Format) -> None:
    """Say why an MP4 or MOV that cannot be decoded cannot, where its boxes tell.

    Raises :class:`UnreadableMedia` when its index (``moov``) or its pictures are missing or cut:
    what to do depends on where they went. Returns when nothing is known.
    """
    if file_format.name not in _ISO:
        return
    name = file_format.name.upper()
    boxes = {box.name: box for box in BoxReader(data).top()}
    index = boxes.get(b"moov")
    if index is not None and not index.whole:
        raise UnreadableMedia(
            f"The {name} file ends within its index (the moov box): the download or the recording "
            "was interrupted. Download or export it again."
        )
    if index is not None and b"mdat" not in boxes:
        raise UnreadableMedia(
            f"The {name} file describes a film and holds none of its pictures (no mdat box): it is "
            "the first segment of a stream, or cut short. Join the segments, or export the film."
        )
    if index is not None:
        return
    if b"moof" in boxes:
        raise UnreadableMedia(
            f"The {name} file is a segment of a stream without the segment that describes it "
            "(no moov box); join them, the first one in front, or export the whole film."
        )
    raise UnreadableMedia(
        f"The {name} file has no index (no moov box), which cameras write last: the download or "
        "the recording was interrupted. Download it again, or repair it with the camera's tool."
    )


def without_padding_of(data: memoryview, file_format: Format) -> memoryview:
    """The file as far as it was downloaded, where its format says how far it should go.

    In MP4 and MOV the index tells of every packet, those that did not arrive among them. An AVI
    may end with room that was never meant to be filled; its pictures lie before that.
    """
    if file_format.name not in (*_MATROSKA, "avi"):
        return data
    arrived = without_padding(data, _LEAST_PADDING)
    if file_format.name == "avi" and _pictures(arrived) == _pictures(data):
        return data
    return arrived


def _pictures(avi: memoryview) -> int:
    """The bytes of the lists of pictures that are there."""
    lists = (content for name, content in riff_chunks.chunks(avi) if name == b"LIST")
    return sum(len(content) for content in lists if bytes(content[:4]) == b"movi")


def missing_bytes(data: memoryview, file_format: Format) -> int:
    """How many bytes the file says that it has behind its end; 0 where its format says nothing."""
    if file_format.name in _ISO:
        return sum(box.missing for box in BoxReader(data).top())
    if file_format.name in _MATROSKA:
        parts = EbmlReader(data).inside()
        return sum(part.missing for part in parts if part.name == SEGMENT)
    if file_format.name == "ts":
        found = transport_packets(bytes(data[:HEAD_BYTES]))
        return 0 if found is None else -(len(data) - found[1]) % found[0]
    if file_format.name == "avi":
        size = int.from_bytes(data[4:8], "little")
        return 0 if size in _UNKNOWN_SIZES else max(0, size + 8 - len(data))
    return 0
