"""What pictures there are: of folders by split and class, of tables, or of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import ConfigurationError
from training.data.classes import BY_NAME, ClassNames, unknown_classes
from training.data.data_set import DataSet
from training.data.folders import LAYOUT, SPLITS, read_folder
from training.data.picture import (
    SUFFIXES,
    Picture,
    Split,
    group_of_name,
    hold_out,
    share_of,
    sources,
)
from training.data.table import Row, read_rows

__all__ = ["Picture", "Split", "hold_out", "read_all", "read_pictures", "sources"]

# Shares of the groups of a table that names no split.
_VALID, _TEST = 0.1, 0.1


def read_pictures(
    data: Path | Sequence[DataSet], split: Split, classes: ClassNames = BY_NAME
) -> list[Picture]:
    """Every picture of a split, data set by data set, sorted by path.

    Raises :class:`ConfigurationError` when there is none, when folders or a table are not in
    a known layout, or when a name says no class.
    """
    sets = _as_sets(data)
    found = [picture for each in sets for picture in _read(each, split, classes, len(sets) > 1)]
    if not found:
        places = ", ".join(str(each.path) for each in sets)
        raise ConfigurationError(
            f"{places} holds no pictures to {split.value}; the layout is {LAYOUT}, or a table "
            "with the columns file and class."
        )
    return found


def read_all(data: Path | Sequence[DataSet], classes: ClassNames = BY_NAME) -> list[Picture]:
    """Every picture of every split; raises as :func:`read_pictures`."""
    sets = _as_sets(data)
    found = [
        picture
        for each in sets
        for split in Split
        for picture in _read(each, split, classes, len(sets) > 1)
    ]
    if not found:
        places = ", ".join(str(each.path) for each in sets)
        raise ConfigurationError(f"{places} holds no pictures; the layout is {LAYOUT}.")
    return found


def _as_sets(data: Path | Sequence[DataSet]) -> Sequence[DataSet]:
    return [DataSet(data, data.resolve().stem or "data")] if isinstance(data, Path) else data


def _read(data: DataSet, split: Split, classes: ClassNames, several: bool) -> list[Picture]:
    if data.path.is_dir():
        found = read_folder(data, split, classes)
    else:
        found = _read_table(data, split, classes)
    # Two data sets may both hold train/a/real/1.jpg.
    return [replace(p, key=f"{data.name}:{p.key}") for p in found] if several else found


def _read_table(data: DataSet, split: Split, classes: ClassNames) -> list[Picture]:
    rows = [row for row in read_rows(data.path) if Path(row.file).suffix.lower() in SUFFIXES]
    unknown = [row.label for row in rows if classes.is_fake(row.label) is None]
    if unknown:
        raise unknown_classes(unknown, f"{data.path}, column 'class'")
    pictures = (_of_row(data, row, classes) for row in rows)
    return sorted((p for p in pictures if p.split is split), key=lambda p: p.path)


def _of_row(data: DataSet, row: Row, classes: ClassNames) -> Picture:
    path = data.path.parent / row.file
    source = data.source(row.source)
    group = row.group or group_of_name(source, path.name)
    return Picture(
        path,
        row.file,
        _split_of(data.path, row, group),
        source,
        bool(classes.is_fake(row.label)),
        group,
        row.generator,
        group_stated=bool(row.group),
    )


def _split_of(table: Path, row: Row, group: str) -> Split:
    """The split that the row states, or its topmost folder; else by chance, groups undivided."""
    if row.split:
        stated = SPLITS.get(row.split.lower())
        if stated is None:
            raise ConfigurationError(
                f"{table}, line {row.line}: the split is {row.split!r}; it must be one of "
                f"{', '.join(SPLITS)}."
            )
        return stated
    top = SPLITS.get(Path(row.file).parts[0].lower())
    if top is not None:
        return top
    share = share_of(group, salt="split/")  # salted: hold_out() divides by the bare share
    if share < _VALID:
        return Split.VALID
    return Split.TEST if share < _VALID + _TEST else Split.TRAIN
