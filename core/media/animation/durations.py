"""How long every frame of an animated WebP or AVIF is shown, read from its headers alone.

No pixel is decoded for it. Both functions yield milliseconds as they stand in the file, in
order, and end where the bytes do; callers bound how many they take.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.media.syntax.sample_tables import sample_durations


def webp_durations(data: memoryview) -> Iterator[int]:
    """Of an animated WebP (RFC 9649, section 2.7.1.1)."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if bytes(data[at : at + 4]) == b"ANMF" and at + 24 <= len(data):
            yield int.from_bytes(data[at + 20 : at + 23], "little")
        at += 8 + size + (size & 1)


def avif_durations(data: memoryview) -> Iterator[int]:
    """Of an AVIF image sequence; of none where a track lies beside a still picture.

    By the major brand libavif and browsers choose which of the two they show.
    """
    if bytes(data[8:12]) == b"avif":
        return iter(())
    return (round(1000 * seconds) for seconds in sample_durations(data))
