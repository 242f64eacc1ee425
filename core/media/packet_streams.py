"""Formats that are told by a pattern which repeats: cameras and broadcasters write them."""

from __future__ import annotations

SYNC = 0x47
# Bytes from one transport packet to the next: plain, with the time stamp of Blu-ray and AVCHD in
# front (M2TS), and with an error correction behind.
_STRIDES = (188, 192, 204)
_LEAST_PACKETS = 4


def transport_packets(head: bytes) -> tuple[int, int] | None:
    """(bytes from packet to packet, offset of the first) of an MPEG transport stream.

    A stream may be received from the middle of a packet on. None for all other bytes.
    """
    for stride in _STRIDES:
        for first in range(min(stride, len(head))):
            marks = head[first::stride]
            if len(marks) >= _LEAST_PACKETS and marks.count(SYNC) == len(marks):
                return stride, first
    return None


def is_program_stream(head: bytes) -> bool:
    """An MPEG program stream, as on DVDs: it begins with a pack header."""
    return head.startswith(b"\0\0\x01\xba")


def is_dv(head: bytes) -> bool:
    """Raw DV of IEC 61834: blocks of 80 bytes, a header block and then two of subcode."""
    header = head[:3] == b"\x1f\x07\x00" and head[3:4] in (b"\x3f", b"\xbf")
    return header and all(head[at] >> 5 == 1 for at in (80, 160) if at < len(head))
