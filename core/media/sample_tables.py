"""How many video frames an MP4 or MOV claims, read before FFmpeg allocates a list for them.

A table of some bytes can claim four billion samples of equal size; FFmpeg would build a list
of 24 bytes for each before anybody could ask it how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator

_MAX_BOXES = 10_000


def claimed_samples(data: memoryview) -> int:
    """The largest sample count that a video track of the file claims; 0 when none does."""
    boxes = _Walk(data)
    return max((boxes.track(at, end) for at, end in boxes.tracks()), default=0)


class _Walk:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._left = _MAX_BOXES

    def tracks(self) -> Iterator[tuple[int, int]]:
        for name, at, end in self._boxes(0, len(self._data)):
            if name == b"moov":
                for inner, start, stop in self._boxes(at, end):
                    if inner == b"trak":
                        yield start, stop

    def track(self, at: int, end: int) -> int:
        samples = 0
        for name, start, stop in self._boxes(at, end):
            if name in (b"mdia", b"minf", b"stbl"):
                if name == b"mdia" and not self._is_video(start, stop):
                    continue
                samples = max(samples, self.track(start, stop))
            elif name in (b"stsz", b"stz2"):
                samples = max(samples, int.from_bytes(self._data[start + 8 : start + 12], "big"))
        return samples

    def _is_video(self, at: int, end: int) -> bool:
        for name, start, _ in self._boxes(at, end):
            if name == b"hdlr":
                return bytes(self._data[start + 8 : start + 12]) == b"vide"
        return True

    def _boxes(self, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        while at + 8 <= end and self._left > 0:
            self._left -= 1
            size = int.from_bytes(self._data[at : at + 4], "big")
            name, body = bytes(self._data[at + 4 : at + 8]), at + 8
            if size == 1:
                size, body = int.from_bytes(self._data[at + 8 : at + 16], "big"), at + 16
            elif size == 0:
                size = end - at
            if size < body - at:
                return
            yield name, body, min(end, at + size)
            at += size
