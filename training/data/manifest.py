"""What pictures there are: of folders by split and class, of tables, or of several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from core.errors import ConfigurationError
from training.data.classes import unknown_classes
from training.data.data_set import DataSet
from training.data.folders import LAYOUT, read_folder
from training.data.picture import SUFFIXES, Picture, Split, hold_out, sources
from training.data.splits import known_splits, split_by_chance, split_in, split_of_name
from training.data.table import Row, folder_of, read_rows

__all__ = ["Picture", "Split", "hold_out", "read_all", "read_pictures", "sources"]


def read_pictures(data: Path | Sequence[DataSet], split: Split) -> list[Picture]:
    """Every picture of a split, of which there must be one; as :func:`read_all` else."""
    found = [picture for picture in read_all(data) if picture.split is split]
    if not found:
        raise ConfigurationError(
            f"{_places(data)} holds no pictures of the split {split.value!r}; the layout is "
            f"{LAYOUT}, or a table with the columns file and class."
        )
    return found


def read_all(data: Path | Sequence[DataSet]) -> list[Picture]:
    """Every picture, data set by data set, split by split.

    Raises :class:`ConfigurationError` when there is none, when folders or a table are not in a
    known layout, when a name says no class, or something is said of a source that does not occur.
    """
    sets = [DataSet(data, data.resolve().stem or "data")] if isinstance(data, Path) else data
    found = [picture for each in sets for picture in _read(each, several=len(sets) > 1)]
    if not found:
        raise ConfigurationError(f"{_places(data)} holds no pictures; the layout is {LAYOUT}.")
    for each in sets:
        each.facts.check_names(sources(found))
    return found


def _places(data: Path | Sequence[DataSet]) -> str:
    return str(data) if isinstance(data, Path) else ", ".join(str(each.path) for each in data)


def _read(data: DataSet, *, several: bool) -> list[Picture]:
    found = read_folder(data) if data.path.is_dir() else read_table(data, SUFFIXES, above=1)
    order = list(Split)
    ordered = sorted(found, key=lambda picture: order.index(picture.split))
    # Two data sets may both hold train/a/real/1.jpg.
    return [replace(p, key=f"{data.name}:{p.key}") for p in ordered] if several else ordered


def read_table(
    data: DataSet,
    suffixes: frozenset[str],
    *,
    above: int | None,
    otherwise: Callable[[str], Split] = split_by_chance,
) -> list[Picture]:
    """The files of a table with one of the suffixes, sorted by path.

    Where a row states no split, one of the first ``above`` folders of the file does, of all for
    None; and else ``otherwise``, by the group.
    """
    rows = [row for row in read_rows(data.path) if Path(row.file).suffix.lower() in suffixes]
    unknown = [row.label for row in rows if data.classes.is_fake(row.label) is None]
    if unknown:
        raise unknown_classes(unknown, f"{data.path}, column 'class'")
    folder = folder_of(data.path, rows)
    found = [
        data.picture(
            folder / row.file, row, data.source(row.source), otherwise=otherwise,
            fake=bool(data.classes.is_fake(row.label)), split=_split_of(data.path, row, above),
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda picture: picture.path)


def _split_of(table: Path, row: Row, above: int | None) -> Split | None:
    if not row.split:
        return split_in(Path(row.file).parts[:-1][:above])
    stated = split_of_name(row.split)
    if stated is None:
        raise ConfigurationError(
            f"{table}, line {row.line}: the split is {row.split!r}; it must be one of "
            f"{known_splits()}."
        )
    return stated
