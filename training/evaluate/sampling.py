"""A fixed part of a data set with every source and class in it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from training.data.manifest import Picture


def choose(pictures: Sequence[Picture], per_cell: int) -> list[Picture]:
    """Up to ``per_cell`` pictures of each source and class, the same ones every time.

    Those with the smallest SHA-256 of their key are taken, so that a picture more or less
    elsewhere changes nothing. The order of ``pictures`` is kept.
    """
    cells: dict[tuple[str, bool], list[Picture]] = defaultdict(list)
    for picture in pictures:
        cells[picture.source, picture.fake].append(picture)
    chosen = {
        picture.key
        for cell in cells.values()
        for picture in sorted(cell, key=lambda each: _digest(each.key))[:per_cell]
    }
    return [picture for picture in pictures if picture.key in chosen]


def fingerprint(pictures: Sequence[Picture]) -> str:
    """16 hexadecimal digits that change with the names of the pictures or their number."""
    return _digest("\n".join(sorted(picture.key for picture in pictures)))[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
