"""How the steps of a run are cut into what Keras calls epochs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps ``first`` up to, not including, ``last``: ``reports`` epochs of equal length."""

    first: int
    last: int
    reports: int

    @property
    def steps_per_report(self) -> int:
        """The length of one epoch, steps."""
        return (self.last - self.first) // self.reports


def stretches(first: int, last: int, every: int, *, border: int = 0) -> Iterator[Stretch]:
    """Cut so that reports fall on multiples of ``every`` and on ``last``, wherever it starts.

    No stretch goes over ``border``, a step between ``first`` and ``last`` or none: crops have
    another size behind it, and Keras takes one size at a time.
    """
    if first < border < last:
        yield from stretches(first, border, every)
        first = border
    start = first
    while start < last:
        if start % every or last - start < every:
            end, reports = min(last, start - start % every + every), 1
        else:
            reports = (last - start) // every
            end = start + reports * every
        yield Stretch(start, end, reports)
        start = end
