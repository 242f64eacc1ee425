"""Which split the name of a folder means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from training.data.picture import Split, share_of

_MEANING = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "valid": Split.VALID,
    "valida": Split.VALID,  # so the archive of the 140k faces was unpacked by some
    "validate": Split.VALID,
    "validation": Split.VALID,
    "val": Split.VALID,
    "dev": Split.VALID,
    "test": Split.TEST,
    "testing": Split.TEST,
}
# Words that may stand beside one of the above without changing what it means: train_set.
_NEUTRAL = frozenset({"set", "data", "split", "dataset", "faces", "images"})
# Shares of the groups where nothing states a split.
_VALID, _TEST = 0.1, 0.1


def split_of_name(name: str) -> Split | None:
    """The split that a name means, in any case: ``Train``, ``val``, ``test_set``; else None."""
    words = [word for word in re.split(r"[\W\d_]+", name.casefold()) if word]
    meant = {_MEANING[word] for word in words if word in _MEANING}
    if len(meant) != 1 or any(word not in _MEANING and word not in _NEUTRAL for word in words):
        return None
    return meant.pop()


def split_in(folders: Sequence[str]) -> Split | None:
    """What the first of the folders means that means a split."""
    return next((split for name in folders if (split := split_of_name(name)) is not None), None)


def split_by_chance(group: str) -> Split:
    """The split of a group for which nothing states one: the same every time, groups undivided."""
    share = share_of(group, salt="split/")  # salted: hold_out() divides by the bare share
    if share < _VALID:
        return Split.VALID
    return Split.TEST if share < _VALID + _TEST else Split.TRAIN
