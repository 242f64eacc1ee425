"""What pictures there are in the folders of one data set, or of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import ConfigurationError
from training.data.data_set import DataSet
from training.data.folders import LAYOUT, read_folder
from training.data.picture import Picture, Split, hold_out, sources

__all__ = ["Picture", "Split", "hold_out", "read_all", "read_pictures", "sources"]


def read_pictures(data: Path | Sequence[DataSet], split: Split) -> list[Picture]:
    """Every picture of a split, of which there must be one; as :func:`read_all` else."""
    found = [picture for picture in read_all(data) if picture.split is split]
    if not found:
        raise ConfigurationError(
            f"{_places(data)} holds no pictures of the split {split.value!r}; the layout is "
            f"{LAYOUT}."
        )
    return found


def read_all(data: Path | Sequence[DataSet]) -> list[Picture]:
    """Every picture, data set by data set, split by split.

    Raises :class:`ConfigurationError` when there is none, when folders are not in a known layout,
    when a name says no class, or something is said of a source that does not occur.
    """
    sets = [DataSet(data)] if isinstance(data, Path) else data
    found = [picture for each in sets for picture in _read(each, several=len(sets) > 1)]
    if not found:
        raise ConfigurationError(f"{_places(data)} holds no pictures; the layout is {LAYOUT}.")
    for each in sets:
        each.facts.check_names(sources(found))
    return found


def _places(data: Path | Sequence[DataSet]) -> str:
    return str(data) if isinstance(data, Path) else ", ".join(str(each.path) for each in data)


def _read(data: DataSet, *, several: bool) -> list[Picture]:
    order = list(Split)
    ordered = sorted(read_folder(data), key=lambda picture: order.index(picture.split))
    # Two data sets may both hold train/a/real/1.jpg.
    return [replace(p, key=f"{data.name}:{p.key}") for p in ordered] if several else ordered
