"""The boxes of MP4, MOV, HEIF and AVIF files (ISO/IEC 14496-12, section 4.2).

Only boxes on a path of names that the caller spells out are entered, one level a name, so no
depth of nesting in a hostile file costs anything; the number of boxes that are read is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_BOXES = 10_000  # of one file; a film of an hour in fragments has fewer at the top


@dataclass(frozen=True, slots=True)
class Box:
    """One box; ``data[start:end]`` is its content, cut at the end of what it is in.

    ``missing`` counts the bytes that it claims to have behind that.
    """

    name: bytes
    start: int
    end: int
    missing: int = 0

    @property
    def whole(self) -> bool:
        return self.missing == 0


class BoxReader:
    """Finds boxes in one file and stops after ``budget`` of them."""

    def __init__(self, data: memoryview, budget: int = MAX_BOXES) -> None:
        self._data = data
        self._left = budget

    def top(self) -> Iterator[Box]:
        """The boxes of the file itself."""
        return self.inside(Box(b"", 0, len(self._data)))

    def inside(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes in a box, after ``skip`` bytes; ends at the first one that makes no sense."""
        at = parent.start + skip
        while at + 8 <= parent.end and self._left > 0:
            self._left -= 1
            size, name, start = self._number(at, 4), bytes(self._data[at + 4 : at + 8]), at + 8
            if size == 1:
                size, start = self._number(at + 8, 8), at + 16
            elif size == 0:
                size = parent.end - at
            if size < start - at:
                return
            at += size
            yield Box(name, start, min(parent.end, at), missing=max(0, at - parent.end))

    def find(self, path: bytes, within: Box | None = None) -> Iterator[Box]:
        """Every box at the end of a path such as ``b"moov/trak/mdia"``."""
        first, _, rest = path.partition(b"/")
        for box in self.top() if within is None else self.inside(within):
            if box.name == first:
                if rest:
                    yield from self.find(rest, box)  # as deep as the path is long
                else:
                    yield box

    def content(self, box: Box) -> memoryview:
        """The bytes of a box."""
        return self._data[box.start : box.end]

    def version(self, box: Box) -> int:
        """The version of a full box, its first byte."""
        return self._number(box.start, 1)

    def _number(self, at: int, width: int) -> int:
        return int.from_bytes(self._data[at : at + width], "big")
