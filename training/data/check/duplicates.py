"""The same picture twice: byte for byte, or to the eye, in splits that must not share any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from training.data.check.file_facts import HASH_SIDE, FileFacts
from training.data.picture import Picture, Split
from training.data.progress import tracked

BITS = HASH_SIDE**2
# Of 256 bits. Measured on 20,850 faces: a picture and its copy, halved in size or saved again
# at quality 30 to 50, differ in at most 20 (1,000 pictures); of 69 million pairs in different
# splits, the nearest that show different people differ in 32.
MAX_DISTANCE = 24
_BLOCK = 2048  # rows compared at once


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files and in how many of 256 bits their hashes differ."""

    first: FileFacts
    second: FileFacts
    distance: int


def identical(facts: Sequence[FileFacts]) -> list[list[FileFacts]]:
    """Files with the same bytes, by content, in the order of their first."""
    return _together(facts, lambda each: each.sha256)


def split_groups(facts: Sequence[FileFacts], *, stated: bool = True) -> list[list[FileFacts]]:
    """The files of every group that lies in more than one split.

    Groups are those that a manifest states, or else those that file names tell.
    """
    known = [
        each for each in facts if (each.picture.group_stated if stated else _told(each.picture))
    ]
    groups = _together(known, lambda each: (each.picture.source, each.picture.group))
    return [group for group in groups if len({each.picture.split for each in group}) > 1]


def _told(picture: Picture) -> bool:
    # Any other name is a number of its own split: two pictures called 00001 are no group.
    return not picture.group_stated and "/" in picture.group


def alike(facts: Sequence[FileFacts], *, max_distance: int = MAX_DISTANCE) -> list[Pair]:
    """Pairs in different splits that look the same but differ in their bytes, nearest first."""
    by_split = [[each for each in facts if each.picture.split is split] for split in Split]
    blocks = [
        (some[start : start + _BLOCK], others)
        for some, others in combinations(by_split, 2)
        if others
        for start in range(0, len(some), _BLOCK)
    ]
    found = [
        pair
        for some, others in tracked(blocks, "comparing")
        for pair in _near(some, others, max_distance)
    ]
    return sorted(found, key=lambda p: (p.distance, p.first.picture.key, p.second.picture.key))


def _near(some: Sequence[FileFacts], others: Sequence[FileFacts], limit: int) -> list[Pair]:
    # Of vectors of -1 and 1, the scalar product is the bits that agree less those that do not.
    distances = (BITS - _signs(some) @ _signs(others).T) / 2
    near = zip(*np.nonzero(distances <= limit), strict=True)
    return [
        Pair(some[i], others[j], int(distances[i, j]))
        for i, j in near
        if some[i].sha256 != others[j].sha256
    ]


def _signs(facts: Sequence[FileFacts]) -> NDArray[np.float32]:
    bits = np.unpackbits(np.stack([each.hash for each in facts]), axis=1)
    return bits.astype(np.float32) * 2 - 1


def _together(
    facts: Sequence[FileFacts], key: Callable[[FileFacts], Hashable]
) -> list[list[FileFacts]]:
    groups: dict[Hashable, list[FileFacts]] = defaultdict(list)
    for each in facts:
        groups[key(each)].append(each)
    return [group for group in groups.values() if len(group) > 1]
