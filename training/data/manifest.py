"""What pictures there are: of folders by split and class, of tables, or of several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import ConfigurationError
from training.data.classes import BY_NAME, ClassNames, unknown_classes
from training.data.data_set import DataSet
from training.data.folders import LAYOUT, read_folder
from training.data.picture import SUFFIXES, Picture, Split, hold_out, sources
from training.data.source_facts import SourceFacts
from training.data.splits import known_splits, split_by_chance, split_of_name
from training.data.table import Row, folder_of, read_rows

__all__ = ["Picture", "Split", "hold_out", "read_all", "read_pictures", "sources"]


def read_pictures(
    data: Path | Sequence[DataSet], split: Split, classes: ClassNames = BY_NAME
) -> list[Picture]:
    """Every picture of a split, data set by data set, sorted by path.

    Raises :class:`ConfigurationError` when there is none, when folders or a table are not in
    a known layout, or when a name says no class.
    """
    sets = _as_sets(data)
    if any(each.facts != SourceFacts() for each in sets):  # of sources of any split
        found = [picture for picture in read_all(sets, classes) if picture.split is split]
    else:
        found = [picture for each in sets for picture in _read(each, split, classes, len(sets) > 1)]
    if not found:
        places = ", ".join(str(each.path) for each in sets)
        raise ConfigurationError(
            f"{places} holds no pictures of the split {split.value!r}; the layout is {LAYOUT}, "
            "or a table with the columns file and class."
        )
    return found


def read_all(data: Path | Sequence[DataSet], classes: ClassNames = BY_NAME) -> list[Picture]:
    """Every picture of every split; raises as :func:`read_pictures`.

    Raises :class:`ConfigurationError` too when something is said of a source that does not occur.
    """
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
    for each in sets:
        each.facts.check_names(sources(found))
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
    folder = folder_of(data.path, rows)
    pictures = (_of_row(data, folder, row, classes) for row in rows)
    return sorted((p for p in pictures if p.split is split), key=lambda p: p.path)


def _of_row(data: DataSet, folder: Path, row: Row, classes: ClassNames) -> Picture:
    path = folder / row.file
    source = data.source(row.source)
    group = row.group or data.facts.group_of(source, path.name)
    split = stated_split(data.path, row)
    return Picture(
        path,
        row.file,
        split or split_by_chance(group),
        source,
        bool(classes.is_fake(row.label)),
        group,
        row.generator,
        row.kind,
        group_stated=bool(row.group),
        split_stated=split is not None,
        centre=row.centre or data.facts.centre_of(source),
    )


def stated_split(table: Path, row: Row) -> Split | None:
    """The split that the row states, or its topmost folder; else None."""
    if not row.split:
        return split_of_name(Path(row.file).parts[0])
    stated = split_of_name(row.split)
    if stated is None:
        raise ConfigurationError(
            f"{table}, line {row.line}: the split is {row.split!r}; it must be one of "
            f"{known_splits()}."
        )
    return stated
