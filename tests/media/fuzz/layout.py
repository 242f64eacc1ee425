"""Where the numbers and the parts of a file are: what structure-aware mutations take hold of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Order = Literal["big", "little"]
_WORDS = 24  # of a part: tables begin with their count and repeat themselves afterwards


@dataclass(frozen=True, slots=True)
class Number:
    """A size, count, offset or dimension of ``width`` bytes; ``mask`` are the bits that it has."""

    at: int
    width: int
    order: Order = "big"
    mask: int = -1


@dataclass(frozen=True, slots=True)
class Part:
    """A box, element, chunk or packet; its name is ``name`` bytes at ``named``."""

    start: int
    end: int
    named: int
    name: int


@dataclass(slots=True)
class Layout:
    """What was found in a file.

    ``coded`` are bytes that a codec reads, apart from the container's, which are many more.
    ``wrap`` puts bytes into one more box of the file's own kind, where there is such a thing.
    """

    numbers: list[Number] = field(default_factory=list)
    coded: list[Number] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    wrap: Callable[[bytes], bytes] | None = None

    def number(self, at: int, width: int, order: Order = "big", mask: int = -1) -> None:
        self.numbers.append(Number(at, width, order, mask))

    def part(self, start: int, end: int, named: int, name: int = 4) -> None:
        self.parts.append(Part(start, end, named, name))

    def words(self, start: int, end: int, width: int = 4, order: Order = "big") -> None:
        """Take the first words of what is there for numbers."""
        stop = min(end, start + _WORDS * width) - width + 1
        for at in range(start, stop, width):
            self.number(at, width, order)
