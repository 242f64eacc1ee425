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


def stretches(first: int, last: int, every: int) -> Iterator[Stretch]:
    """Cut so that reports fall on multiples of ``every`` and on ``last``, wherever it starts."""
    start = first
    while start < last:
        if start % every or last - start < every:
            end, reports = min(last, start - start % every + every), 1
        else:
            reports = (last - start) // every
            end = start + reports * every
        yield Stretch(start, end, reports)
        start = end
