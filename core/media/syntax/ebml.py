"""The elements of Matroska and WebM files (RFC 8794 and RFC 9559).

As with boxes, only elements on a path that the caller spells out are entered, and the number of
elements that are read is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SEGMENT = 0x18538067
TRACK = (SEGMENT, 0x1654AE6B, 0xAE)  # Segment, Tracks, TrackEntry
TRACK_TYPE = (0x83,)
VIDEO_TRACK = 1

_MAX_ELEMENTS = 20_000  # of one file; an hour of film has about 4,000 clusters


@dataclass(frozen=True, slots=True)
class Element:
    """One element; ``data[start:end]`` is its content, cut at the end of what it is in.

    ``missing`` counts the bytes that it claims to have behind that.
    """

    name: int
    start: int
    end: int
    missing: int


class EbmlReader:
    """Finds elements in one file and stops after some thousands."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._left = _MAX_ELEMENTS

    def inside(self, parent: Element | None = None) -> Iterator[Element]:
        """The elements in an element, or of the file; ends at the first that makes no sense."""
        at, stop = (0, len(self._data)) if parent is None else (parent.start, parent.end)
        while at < stop and self._left > 0:
            self._left -= 1
            name, at = self._number(at, marked=True)
            size, at = self._number(at, marked=False)
            if name is None:
                return
            # A live stream does not say its size: it goes to the end of what it is in.
            end = stop if size is None else at + size
            yield Element(name, at, min(end, stop), missing=max(0, end - stop))
            at = end

    def find(self, path: tuple[int, ...], parent: Element | None = None) -> Iterator[Element]:
        """Every element at the end of a path of names."""
        for element in self.inside(parent):
            if element.name == path[0]:
                if len(path) > 1:
                    yield from self.find(path[1:], element)  # as deep as the path is long
                else:
                    yield element

    def content(self, element: Element) -> bytes:
        """The bytes of an element; take it of short ones."""
        return bytes(self._data[element.start : element.end])

    def video_tracks(self) -> Iterator[Element]:
        """The track entries of films, in their order."""
        for track in self.find(TRACK):
            kinds = [self.content(kind) for kind in self.find(TRACK_TYPE, track)]
            if any(int.from_bytes(kind, "big") == VIDEO_TRACK for kind in kinds):
                yield track

    def _number(self, at: int, *, marked: bool) -> tuple[int | None, int]:
        """A number of variable length and where it ends; None for an unknown size, or none."""
        first = self._data[at] if at < len(self._data) else 0
        if not first:
            return None, at + 1
        width = 9 - first.bit_length()
        value = int.from_bytes(self._data[at : at + width], "big")
        if marked:
            return value, at + width
        ones = (1 << (7 * width)) - 1
        return (None if value & ones == ones else value & ones), at + width
