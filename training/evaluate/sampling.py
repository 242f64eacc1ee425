"""A fixed part of a data set with every source and class in it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from training.data.manifest import Picture


def choose(
    pictures: Sequence[Picture],
    per_cell: int,
    cell: Callable[[Picture], Hashable] = lambda each: (each.source, each.fake),
) -> list[Picture]:
    """Up to ``per_cell`` pictures or clips of each cell, the same ones every time.

    Those with the smallest SHA-256 of their key are taken, so that a picture more or less
    elsewhere changes nothing. The order of ``pictures`` is kept.
    """
    cells: dict[Hashable, list[Picture]] = defaultdict(list)
    for picture in pictures:
        cells[cell(picture)].append(picture)
    chosen = {
        picture.key
        for some in cells.values()
        for picture in sorted(some, key=lambda each: _digest(each.key))[:per_cell]
    }
    return [picture for picture in pictures if picture.key in chosen]


def fingerprint(pictures: Sequence[Picture]) -> str:
    """16 hexadecimal digits that change with the names of the pictures or their number."""
    return _digest("\n".join(sorted(picture.key for picture in pictures)))[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
